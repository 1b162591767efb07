import { connect, createServer, type AddressInfo, type Socket } from "node:net";

/** A connection to a server that can be cut, or left open with nothing getting through, and mended. */
export interface Wire {
  port: number;
  cut(): void;
  freeze(): void;
  mend(): void;
  close(): void;
}

export async function wireTo(port: number): Promise<Wire> {
  let whole = true;
  const ends = new Set<Socket>();
  const server = createServer((socket) => {
    if (!whole) return void socket.destroy();
    const other = connect(port, "127.0.0.1");
    for (const end of [socket, other]) ends.add(end.on("error", () => {}));
    socket.pipe(other).pipe(socket);
  });
  const cut = () => {
    whole = false;
    for (const end of ends) end.destroy();
  };
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    cut,
    freeze: () => {
      for (const end of ends) end.pause();
    },
    mend: () => {
      whole = true;
      for (const end of ends) end.resume();
    },
    close: () => {
      cut();
      server.close();
    },
  };
}
