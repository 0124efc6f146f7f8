// The demo's DS18B20 probes as the kernel shows them: a walk warms one, pulls it out, or lets it lose its power.

import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What a chip says after it lost its power. */
export const POWER_ON = 85_000;

export class Probes {
  /** `data`: the demo's folder; `store`: whose probes. */
  constructor(private readonly data: string, private readonly store: string) {}

  /** Writes a probe's file as the kernel does: sixteenths of a degree with the chip's CRC, and the same again in thousandths. */
  set(sensor: string, milliC: number): void {
    const sixteenths = Math.floor((milliC * 16) / 1000);
    const raw = sixteenths & 0xffff;
    const chip = [raw & 0xff, raw >> 8, 0x4b, 0x46, 0x7f, 0xff, 0x0c, 0x10];
    let crc = 0;
    for (const byte of chip) {
      crc ^= byte;
      for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >> 1) ^ 0x8c : crc >> 1;
    }
    const hex = [...chip, crc].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
    const file = this.#file(sensor);
    writeFileSync(`${file}.new`, `${hex} : crc=${crc.toString(16).padStart(2, '0')} YES\n${hex} t=${Math.trunc((sixteenths * 1000) / 16)}\n`);
    renameSync(`${file}.new`, file);
  }

  pull(sensor: string): void {
    rmSync(this.#file(sensor));
  }

  #file(sensor: string): string {
    return join(this.data, this.store, 'devices', 'w1', sensor, 'w1_slave');
  }
}
