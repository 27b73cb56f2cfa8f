/**
 * Rounds as OpenTelemetry's spans, sent by OTLP over HTTP. The packages are optional peers, loaded here alone, when tracing is configured:
 * together they take 20 MB, and their interfaces move with every release. Imports the seam, errors, and lazily OpenTelemetry.
 */
import { CofactorError } from "../shared/errors.ts";
import type { RoundSpan, RoundTracer } from "./tracing.ts";

/** Where spans go. */
export interface OpenTelemetryOptions {
  /** The collector's address for traces, for example http://127.0.0.1:4318/v1/traces. */
  readonly endpoint: string;
  /** What spans say they come from; default "cofactor". */
  readonly serviceName?: string | undefined;
}

/** A tracer with an exporter behind it. */
export interface OpenTelemetry {
  readonly tracer: RoundTracer;
  /** Sends what is left, for a few seconds at most, and ends. */
  close(): Promise<void>;
}

/** The packages to install beside Cofactor, at versions that fit each other. */
export const openTelemetryPackages =
  "@opentelemetry/api@1.10 @opentelemetry/sdk-trace@3.1 @opentelemetry/resources@3.1 @opentelemetry/exporter-trace-otlp-http@0.301";

/** @throws CofactorError CONFIG_INVALID when the packages are not installed */
export async function openTelemetry({ endpoint, serviceName = "cofactor" }: OpenTelemetryOptions): Promise<OpenTelemetry> {
  const { api, sdk, exporter, resources } = await load();
  const provider = new sdk.TracerProvider({
    resource: resources.resourceFromAttributes({ "service.name": serviceName }),
    spanProcessors: [
      new sdk.BatchSpanProcessor({
        exporter: new exporter.OTLPTraceExporter({ url: endpoint, timeoutMillis: 5_000 }),
        maxQueueSize: 2_048,
      }),
    ],
  });
  const tracer = provider.getTracer("cofactor");
  const contexts = new WeakMap<RoundSpan, ReturnType<typeof api.trace.setSpan>>();
  return {
    tracer: {
      begin(name, facts, within) {
        const parent = (within === undefined ? undefined : contexts.get(within)) ?? api.ROOT_CONTEXT;
        const span = tracer.startSpan(name, { attributes: named(facts) }, parent);
        const wrapped: RoundSpan = {
          end(more, failure) {
            if (more !== undefined) span.setAttributes(named(more));
            if (failure !== undefined) span.setStatus({ code: api.SpanStatusCode.ERROR, message: failure });
            span.end();
          },
        };
        contexts.set(wrapped, api.trace.setSpan(parent, span));
        return wrapped;
      },
    },
    close: () => provider.shutdown().catch(() => undefined),
  };
}

async function load() {
  try {
    const [api, sdk, exporter, resources] = await Promise.all([
      import("@opentelemetry/api"),
      import("@opentelemetry/sdk-trace"),
      import("@opentelemetry/exporter-trace-otlp-http"),
      import("@opentelemetry/resources"),
    ]);
    return { api, sdk, exporter, resources };
  } catch (cause) {
    const message = `"tracing.endpoint" needs OpenTelemetry's packages beside this one: npm install ${openTelemetryPackages}`;
    throw new CofactorError("CONFIG_INVALID", message, { cause });
  }
}

/** Attributes under this project's name. */
function named(facts: Readonly<Record<string, string | number | boolean>>): Record<string, string | number | boolean> {
  return Object.fromEntries(Object.entries(facts).map(([name, value]) => [`cofactor.${name}`, value]));
}
