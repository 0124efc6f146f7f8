"""What a store's kernel shows of chips and keyboards, on a machine that has none: umockdev stands between an unchanged
program and its ioctls. An SHT40 at 0x44 of /dev/i2c-7, a MAX31865 with a PT100 at /dev/spidev7.0, a scanner that types at
/dev/input/event7; all three pulled at first.

Prints the folder that the program needs as UMOCKDEV_DIR, then obeys lines and answers each with "done":
    plug i2c|spi|keys    pull i2c|spi|keys    celsius VALUE    type CODE
Written from the chips' datasheets and the kernel's headers alone, so that it does not share a mistake with the drivers.
"""

import errno
import os
import pty
import struct
import sys
import time
import tty

import gi

gi.require_version("UMockdev", "1.0")
from gi.repository import GLib, UMockdev  # noqa: E402

I2C_SLAVE, I2C_RDWR, I2C_PEC, I2C_M_RD = 0x0703, 0x0707, 0x0708, 0x0001
SPI_MESSAGE, SIZE_SHIFT, SIZE_MASK = 0x40006B00, 16, 0x3FFF
SPI_TRANSFER = 32
KEYBOARD = """P: /devices/usb1/input/input7/event7
N: input/event7
E: DEVNAME=/dev/input/event7
E: MAJOR=13
E: MINOR=71
E: SUBSYSTEM=input
A: dev=13:71
"""
# The "E" family of requests about an input device, by their numbers.
EVIOCGVERSION, EVIOCGID, EVIOCGPROP, EVIOCGBIT_TYPES, EVIOCGBIT_KEYS, EVIOCGRAB = 0x01, 0x02, 0x09, 0x20, 0x21, 0x90
EV_SYN, EV_KEY, KEY_ENTER, KEY_LEFTSHIFT = 0, 1, 28, 42
# Rows of a US keyboard with the code of their first key.
ROWS = (2, "1234567890-="), (16, "qwertyuiop[]"), (30, "asdfghjkl;'`"), (44, "zxcvbnm,./")
KEYS = {sign: first + n for first, row in ROWS for n, sign in enumerate(row)}


def crc8(data):
    """Sensirion: polynomial x^8 + x^5 + x^4 + 1, begins with all ones."""
    crc = 0xFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = ((crc << 1) ^ 0x131) if crc & 0x80 else crc << 1
    return crc


class World:
    """What is plugged in, and how warm it is."""

    plugged = {"i2c": False, "spi": False, "keys": False}
    celsius = 4.0


class Sht40(UMockdev.IoctlBase):
    """An SHT40: one command, six bytes, a checksum behind each two."""

    def __init__(self):
        super().__init__()
        self.asked = False

    def do_handle_ioctl(self, client):
        request = client.get_request()
        if request in (I2C_SLAVE, I2C_PEC):
            client.complete(0, 0)
        elif request == I2C_RDWR:
            self.messages(client)
        else:
            client.complete(-1, errno.ENOTTY)
        return True

    def messages(self, client):
        head = client.get_arg().resolve(0, 16)
        _, count = struct.unpack_from("=QI", head.retrieve())
        messages = head.resolve(0, 16 * count)
        for n in range(count):
            address, flags, length = struct.unpack_from("=HHH", messages.retrieve(), 16 * n)
            if address != 0x44 or not World.plugged["i2c"]:
                client.complete(-1, errno.ENXIO)
                return
            data = messages.resolve(16 * n + 8, length)
            if not flags & I2C_M_RD:
                self.asked = data.retrieve()[0] == 0xFD
            elif self.asked:
                data.update(0, self.measured()[:length])
            else:
                client.complete(-1, errno.ENXIO)
                return
        client.complete(count, 0)

    @staticmethod
    def measured():
        ticks = round((World.celsius + 45) / 175 * 65535), round((55 + 6) / 125 * 65535)
        words = [struct.pack(">H", tick) for tick in ticks]
        return b"".join(word + bytes([crc8(word)]) for word in words)


class Max31865(UMockdev.IoctlBase):
    """Eight registers behind SPI; without the chip the line stays high."""

    def __init__(self):
        super().__init__()
        self.registers = bytearray(8)

    def do_handle_ioctl(self, client):
        request = client.get_request()
        size = request >> SIZE_SHIFT & SIZE_MASK
        if request & ~(SIZE_MASK << SIZE_SHIFT) != SPI_MESSAGE:
            client.complete(0, 0)  # mode, bits, speed: any will do
            return True
        transfers = client.get_arg().resolve(0, size)
        address, moved = None, 0
        for at in range(0, size, SPI_TRANSFER):
            tx, rx, length = struct.unpack_from("=QQI", transfers.retrieve(), at)
            sent = transfers.resolve(at, length).retrieve() if tx else bytes(length)
            answer = bytearray()
            for byte in sent:
                if address is None:
                    address = byte
                    answer.append(0xFF)
                else:
                    answer.append(self.clocked(address, byte))
                    address += 1
            if rx:
                transfers.resolve(at + 8, length).update(0, bytes(answer))
            moved += length
        client.complete(moved, 0)
        return True

    def clocked(self, address, byte):
        if not World.plugged["spi"]:
            self.registers = bytearray(8)
            return 0xFF
        if address & 0x80:
            # A conversion and the clearing of faults end by themselves.
            self.registers[address & 7] = byte & ~0x22
            if address & 7 == 0 and byte & 0x20:
                self.registers[1:3] = self.converted()
            return 0xFF
        return self.registers[address & 7]

    @staticmethod
    def converted():
        t = World.celsius
        below = -4.183e-12 * (t - 100) * t**3 if t < 0 else 0.0
        ohm = 100 * (1 + 3.9083e-3 * t - 5.775e-7 * t * t + below)
        return struct.pack(">H", round(ohm / 430 * 32768) << 1)


class Keyboard(UMockdev.IoctlBase):
    """A scanner that types; each time it is plugged in it has a line of its own."""

    def __init__(self, bed):
        super().__init__()
        self.node = bed.get_root_dir() + "/dev/input/event7"
        self.ends = None
        bed.add_from_string(KEYBOARD)
        bed.attach_ioctl("/dev/input/event7", self)
        os.unlink(self.node)

    def do_handle_ioctl(self, client):
        request = client.get_request()
        number, size = request & 0xFF, request >> SIZE_SHIFT & SIZE_MASK
        told = {
            EVIOCGVERSION: struct.pack("=I", 0x010001),
            EVIOCGID: struct.pack("=HHHH", 3, 0x05E0, 0x1200, 0x0110),
            EVIOCGPROP: bytes(size),
            EVIOCGBIT_TYPES: bytes([1 << EV_SYN | 1 << EV_KEY]),
            EVIOCGBIT_KEYS: b"\xfe" + b"\xff" * 95,
        }.get(number)
        if number == EVIOCGRAB:
            client.complete(0, 0)
        elif told is None:
            client.complete(-1, errno.ENOTTY)
        else:
            told = told[:size]
            client.get_arg().resolve(0, size).update(0, told)
            client.complete(len(told), 0)
        return True

    def do_handle_read(self, client):
        if self.ends:
            return False  # what is typed comes through the line
        client.complete(-1, errno.ENODEV)
        return True

    def plug(self):
        self.ends = pty.openpty()
        tty.setraw(self.ends[1])
        os.symlink(os.ttyname(self.ends[1]), self.node)

    def pull(self):
        os.unlink(self.node)
        ends, self.ends = self.ends, None
        for end in ends:
            os.close(end)

    def type(self, code):
        for sign in code:
            shift = sign.isupper() or sign == ":"
            key = KEYS[";" if sign == ":" else sign.lower()]
            if shift:
                self.key(KEY_LEFTSHIFT, 1)
            self.key(key, 1)
            self.key(key, 0)
            if shift:
                self.key(KEY_LEFTSHIFT, 0)
        self.key(KEY_ENTER, 1)
        self.key(KEY_ENTER, 0)

    def key(self, code, value):
        self.event(EV_KEY, code, value)
        self.event(EV_SYN, 0, 0)

    def event(self, kind, code, value):
        seconds, nanos = divmod(time.time_ns(), 1_000_000_000)
        os.write(self.ends[0], struct.pack("=qqHHi", seconds, nanos // 1000, kind, code, value))


def main():
    bed = UMockdev.Testbed.new()
    for node, number, chip in (("i2c-7", "89:7", Sht40()), ("spidev7.0", "153:7", Max31865())):
        bed.add_from_string(
            f"P: /devices/platform/{node}\nN: {node}\nE: DEVNAME=/dev/{node}\nE: SUBSYSTEM=x\nA: dev={number}\n"
        )
        bed.attach_ioctl(f"/dev/{node}", chip)
    keyboard = Keyboard(bed)
    print(bed.get_root_dir(), flush=True)
    for line in sys.stdin:
        word, what = line.split()
        if word == "celsius":
            World.celsius = float(what)
        elif word == "type":
            keyboard.type(what)
        else:
            World.plugged[what] = word == "plug"
            if what == "keys":
                keyboard.plug() if word == "plug" else keyboard.pull()
        print("done", flush=True)


main()
