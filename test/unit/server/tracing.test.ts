/** A round in spans: what is in what, what came of it, and that OpenTelemetry's packages send them as they are. */
import { createServer as createHttpServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { createServer, memoryStore, openTelemetry, type RoundSpan, type RoundTracer, type SpanFacts } from "../../../server/index.ts";
import { createMemoryPair } from "../../../shared/transport.ts";
import { contributionOf, countingRun } from "../../support/counting-run.ts";
import { floatBytes, ScriptedClient } from "../../support/scripted-client.ts";

interface Told {
  readonly name: string;
  readonly within: string | undefined;
  facts: SpanFacts;
  failure: string | undefined;
  isOver: boolean;
}

function recorder(): { readonly tracer: RoundTracer; readonly spans: Told[] } {
  const spans: Told[] = [];
  const names = new Map<RoundSpan, string>();
  const tracer: RoundTracer = {
    begin(name, facts, within) {
      const told: Told = { name, within: within === undefined ? undefined : names.get(within), facts, failure: undefined, isOver: false };
      spans.push(told);
      const span: RoundSpan = {
        end(more, failure) {
          expect(told.isOver).toBe(false);
          Object.assign(told, { facts: { ...told.facts, ...more }, failure, isOver: true });
        },
      };
      names.set(span, name);
      return span;
    },
  };
  return { tracer, spans };
}

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** Two devices, one round published and one abandoned. */
async function twoRounds(tracer: RoundTracer): Promise<ScriptedClient[]> {
  const run = countingRun(4, { rounds: 2, cohort: { size: 2, min: 2 } });
  const server = await createServer({ run, store: memoryStore(), gatherMs: 10, tracer });
  cleanups.push(() => server.close());
  const over = new Promise<void>((resolve) => server.on("round", ({ round }) => round === 2 && resolve()));
  const clients = await Promise.all(
    [0, 1].map(() => {
      const [near, far] = createMemoryPair();
      server.accept(far);
      return ScriptedClient.join(async () => near, "counting");
    }),
  );
  for (const [index, client] of clients.entries()) {
    client.onAsk = ({ round }) => {
      client.takesPart = round === 1;
      if (round === 1) void client.answer(1, floatBytes(contributionOf(4, index)));
    };
  }
  await over;
  return clients;
}

describe("a traced server", () => {
  it("tells each round with its gathering, stages, opening and publication, and what came of it", async () => {
    const { tracer, spans } = recorder();
    const clients = await twoRounds(tracer);
    const first = spans.slice(0, 5);
    expect(first.map(({ name, within }) => [name, within])).toEqual([
      ["round", undefined],
      ["gather", "round"],
      ["stage contribution", "round"],
      ["reveal", "round"],
      ["publish", "round"],
    ]);
    expect(first.every(({ isOver, failure }) => isOver && failure === undefined)).toBe(true);
    expect(first[0]!.facts).toMatchObject({ run: "counting", round: 1, outcome: "published", invited: 2, accepted: 2, dropped: 0 });
    expect(first[2]!.facts).toEqual({ round: 1, stage: 0, asked: 2 });
    const second = spans.slice(5, 8);
    expect(second.map(({ name }) => name)).toEqual(["round", "gather", "stage contribution"]);
    expect(second[0]!).toMatchObject({ isOver: true, facts: { round: 2, outcome: "abandoned" }, failure: expect.any(String) as string });
    for (const { identity } of clients) expect(JSON.stringify(spans)).not.toContain(identity.id);
  });
});

describe("OpenTelemetry", () => {
  it("gets the spans over OTLP, parents and failures as they were told, and no device", async () => {
    const bodies: string[] = [];
    const collector = createHttpServer((request, response) => {
      let body = "";
      request.on("data", (chunk: Buffer) => {
        body += chunk.toString();
      });
      request.on("end", () => {
        bodies.push(body);
        response.writeHead(200, { "content-type": "application/json" }).end("{}");
      });
    });
    await new Promise<void>((resolve) => collector.listen(0, "127.0.0.1", resolve));
    cleanups.push(() => collector.close());
    const endpoint = `http://127.0.0.1:${(collector.address() as AddressInfo).port}/v1/traces`;
    const { tracer, close } = await openTelemetry({ endpoint, serviceName: "aggregator-7" });
    const clients = await twoRounds(tracer);
    await close();
    const text = bodies.join("\n");
    type Span = {
      name: string;
      spanId: string;
      parentSpanId?: string;
      status: { code: number };
      attributes: { key: string; value: object }[];
    };
    const spans = bodies.flatMap((body) => {
      const { resourceSpans } = JSON.parse(body) as { resourceSpans: { scopeSpans: { spans: Span[] }[] }[] };
      return resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans));
    });
    const rounds = spans.filter(({ name }) => name === "round");
    expect(rounds.length).toBe(2);
    expect(rounds.map(({ status }) => status.code === 2)).toEqual([false, true]);
    expect(rounds[0]!.attributes).toContainEqual({ key: "cofactor.outcome", value: { stringValue: "published" } });
    expect(spans.filter(({ parentSpanId }) => parentSpanId === rounds[0]!.spanId).map(({ name }) => name)).toEqual([
      "gather",
      "stage contribution",
      "reveal",
      "publish",
    ]);
    expect(text).toContain("aggregator-7");
    for (const { identity } of clients) expect(text).not.toContain(identity.id);
  });

  it("ends in time when no collector is there", async () => {
    const { tracer, close } = await openTelemetry({ endpoint: "http://127.0.0.1:9/v1/traces" });
    tracer.begin("round", { run: "counting" }).end();
    await close();
  });
});
