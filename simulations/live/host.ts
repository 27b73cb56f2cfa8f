/**
 * A process that hosts devices: real clients over real sockets, each with its own user's ratings and nothing else.
 * Started by live.ts with an IPC channel; imports the client SDK.
 */

import { createClient } from "../../client/index.node.ts";
import type { Client } from "../../client/index.ts";
import { isCofactorError } from "../../shared/errors.ts";
import type { HostedDevice, HostOrder, HostReport } from "./messages.ts";

const devices = new Map<number, Client>();

process.on("message", (order: HostOrder) => {
  if (order.kind === "start") void start(order);
  else if (order.kind === "recommend") recommend(order.user, order.count);
  else if (order.kind === "dismiss") dismiss();
  else stop();
});
process.on("disconnect", stop);
// Ctrl-C reaches every process of the terminal: the one that started this host decides when it ends.
process.on("SIGINT", () => undefined);

async function start(order: Extract<HostOrder, { kind: "start" }>): Promise<void> {
  for (const device of order.devices) {
    try {
      const client = createDevice(order, device);
      devices.set(device.user, client);
      client.on("asked", ({ round }) => report({ kind: "asked", user: device.user, round }));
      await client.join();
      void takePart(device.user, client, order.rounds);
    } catch (error) {
      report(failure(device.user, error));
    }
  }
  report({ kind: "joined", devices: devices.size });
}

function createDevice(order: Extract<HostOrder, { kind: "start" }>, device: HostedDevice): Client {
  return createClient({
    url: order.url,
    run: order.run,
    ratings: device.items.map((item, index) => [item, device.values[index]!] as const),
    accept: { protections: order.protections },
  });
}

async function takePart(user: number, client: Client, rounds: number | undefined): Promise<void> {
  try {
    await client.participate(rounds === undefined ? {} : { rounds });
    if (rounds !== undefined) client.close();
    const { bytesSent, bytesReceived } = client.traffic;
    report({ kind: "ended", user, bytesUp: bytesSent, bytesDown: bytesReceived });
  } catch (error) {
    report(failure(user, error));
  }
}

function recommend(user: number, count: number): void {
  const client = devices.get(user);
  if (client === undefined) return;
  report({ kind: "recommended", user, items: client.recommend({ count }) });
}

function dismiss(): void {
  for (const client of devices.values()) client.close();
  devices.clear();
}

function stop(): void {
  dismiss();
  process.exit(0);
}

function failure(user: number, error: unknown): HostReport {
  if (isCofactorError(error)) return { kind: "failed", user, code: error.code, message: error.message };
  return { kind: "failed", user, code: "INTERNAL", message: error instanceof Error ? error.message : "unknown" };
}

function report(message: HostReport): void {
  process.send?.(message);
}
