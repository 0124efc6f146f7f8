// A TCP line that can be cut in the middle of a word: Playwright's offline switch leaves open WebSockets alone, a cut cable
// does not.

import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

export class Line {
  #server: Server;
  #sockets = new Set<Socket>();
  #down = false;
  port = 0;

  private constructor(private readonly target: number) {
    this.#server = createServer((near) => this.#join(near));
  }

  /** Opens a line to a loopback port. */
  static async to(target: number): Promise<Line> {
    const line = new Line(target);
    await new Promise<void>((done) => line.#server.listen(0, '127.0.0.1', done));
    line.port = (line.#server.address() as AddressInfo).port;
    return line;
  }

  /** Everything that is under way breaks; nothing new gets through. */
  cut(): void {
    this.#down = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  mend(): void {
    this.#down = false;
  }

  close(): void {
    this.cut();
    this.#server.close();
  }

  #join(near: Socket): void {
    if (this.#down) {
      near.destroy();
      return;
    }
    const far = connect(this.target, '127.0.0.1');
    near.setNoDelay(true);
    far.setNoDelay(true);
    for (const [one, other] of [[near, far], [far, near]] as const) {
      this.#sockets.add(one);
      one.on('data', (data) => other.write(data));
      one.on('error', () => other.destroy());
      one.on('close', () => {
        this.#sockets.delete(one);
        other.destroy();
      });
    }
  }
}
