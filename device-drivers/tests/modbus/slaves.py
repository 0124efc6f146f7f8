"""Two Modbus RTU slaves of pymodbus on one serial line: what our driver is held against. Says "ready" when it serves."""

import asyncio
import sys

from pymodbus.server import ModbusSerialServer
from pymodbus.simulator import DataType, SimData, SimDevice


def device(number, registers):
    blocks = [SimData(address, values=values, datatype=DataType.REGISTERS) for address, values in registers]
    return SimDevice(number, simdata=blocks)


async def main():
    devices = [
        # 4.5 degC, -0.5 degC, and a humidity of 23.0 %, in tenths.
        device(1, [(0, [45, 0xFFFB, 230])]),
        # -18.5 degC as a 32-bit float, and 61.2 degC that nobody asks for beside it.
        device(7, [(0, [612]), (10, [0xC194, 0x0000])]),
    ]
    server = ModbusSerialServer(devices, port=sys.argv[1], baudrate=115200)
    serving = asyncio.create_task(server.serve_forever())
    await asyncio.sleep(0.3)
    print("ready", flush=True)
    await serving


asyncio.run(main())
