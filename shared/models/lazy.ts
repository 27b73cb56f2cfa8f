/** Every model, loaded when it is named: a device fetches the code of its run's model alone. A new one is a file and a line here. */
import { type Loaders, loadDefinitions } from "../registry.ts";
import type { ModelDefinition } from "./model.ts";

/** By kind, in the order in which they are listed. */
const loaders: Loaders<ModelDefinition> = {
  fcf: async () => (await import("./fcf.ts")).fcf,
  "implicit-als": async () => (await import("./implicit-als.ts")).implicitAls,
  als: async () => (await import("./als.ts")).als,
  "fed-mf": async () => (await import("./fed-mf.ts")).fedMf,
  "biased-mf": async () => (await import("./biased-mf.ts")).biasedMf,
  bpr: async () => (await import("./bpr.ts")).bpr,
  ncf: async () => (await import("./ncf.ts")).ncf,
  pfedrec: async () => (await import("./pfedrec.ts")).pfedrec,
  fedrap: async () => (await import("./fedrap.ts")).fedrap,
  nmf: async () => (await import("./nmf.ts")).nmf,
  "graph-nmf": async () => (await import("./graph-nmf.ts")).graphNmf,
  nbmf: async () => (await import("./nbmf.ts")).nbmf,
  clustered: async () => (await import("./clustered.ts")).clustered,
  "fed-recon": async () => (await import("./fed-recon.ts")).fedRecon,
  "fed-pub": async () => (await import("./fed-pub.ts")).fedPub,
  "feature-ridge": async () => (await import("./feature-ridge.ts")).featureRidge,
};

/** The definitions that terms may name; with a known `kind`, that one alone. */
export function loadModels(kind?: string): Promise<readonly ModelDefinition[]> {
  return loadDefinitions(loaders, kind);
}
