/** Connections below Socket.IO, for what no library would send: bare TCP, and WebSocket frames by hand. Imports node:net, node:crypto. */
import { randomBytes } from "node:crypto";
import { connect, type Socket } from "node:net";

/** A TCP connection to a listener's port; errors are the peer's business. */
export async function rawSocket(port: number): Promise<Socket> {
  const socket = connect({ port, host: "127.0.0.1" });
  socket.on("error", () => undefined);
  await new Promise<void>((resolve, reject) => {
    socket.once("connect", () => resolve());
    socket.once("close", () => reject(new Error("the port cannot be reached")));
  });
  return socket;
}

/** Settles when the connection has ended, with how long that took, in milliseconds. What comes in is thrown away. */
export function ended(socket: Socket): Promise<number> {
  const from = performance.now();
  socket.resume();
  return new Promise((resolve) => {
    if (socket.destroyed) resolve(0);
    socket.once("close", () => resolve(performance.now() - from));
  });
}

/** The request that opens a WebSocket for Socket.IO. */
export function upgradeRequest(port: number, path = "/socket.io/?EIO=4&transport=websocket"): string {
  const key = randomBytes(16).toString("base64");
  return `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: ${key}\r\nSec-WebSocket-Version: 13\r\n\r\n`;
}

/** A bare connection that has become a WebSocket, before Socket.IO's own handshake. */
export async function upgradedSocket(port: number): Promise<Socket> {
  const socket = await rawSocket(port);
  socket.write(upgradeRequest(port));
  await new Promise<void>((resolve, reject) => {
    let text = "";
    const read = (chunk: Buffer): void => {
      text += chunk.toString("latin1");
      if (!text.includes("\r\n\r\n")) return;
      socket.off("data", read);
      if (text.startsWith("HTTP/1.1 101")) resolve();
      else reject(new Error(`refused: ${text.slice(0, 20)}`));
    };
    socket.on("data", read);
    socket.once("close", () => reject(new Error("the connection ended before it was upgraded")));
  });
  return socket;
}

/** One masked frame of a client. */
export function frame(opcode: number, payload: Uint8Array, isFinal = true): Buffer {
  const mask = randomBytes(4);
  const length = payload.length;
  const head =
    length < 126
      ? Buffer.from([(isFinal ? 0x80 : 0) | opcode, 0x80 | length])
      : Buffer.from([(isFinal ? 0x80 : 0) | opcode, 0x80 | 126, length >> 8, length & 255]);
  return Buffer.concat([head, mask, Buffer.from(payload.map((byte, index) => byte ^ mask[index % 4]!))]);
}
