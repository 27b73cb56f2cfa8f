/** Who may import whom: the rooms and layers of the design, as functions of paths from the project's root. Imports nothing. */

/** The layers inside shared, from the ground up. A name is a file without ".ts", or a folder. */
const layers: readonly { readonly names: readonly string[]; readonly sideBySide: boolean }[] = [
  { names: ["errors", "check", "ids", "clock", "registry", "emitter", "command"], sideBySide: false },
  { names: ["random", "math"], sideBySide: false },
  { names: ["models", "rules", "privacy", "crypto", "wire"], sideBySide: true },
  { names: ["catalogue", "sharing", "evaluation", "rewards", "terms", "transport", "socket-channel", "peer"], sideBySide: false },
  { names: ["protections"], sideBySide: false },
  {
    names: ["groups", "round", "release", "rule-step", "run-parts", "run", "define-run", "plan-run", "privacy-account"],
    sideBySide: false,
  },
  { names: ["index"], sideBySide: false },
];

/** What each room may import beside itself. A room that is missing here may import everything. */
const rooms: Readonly<Record<string, readonly string[]>> = {
  shared: [],
  client: ["shared"],
  server: ["shared"],
  simulations: ["shared", "client", "server"],
};

/** Modules of a browser's platform and of Node's are told apart by the end of the name. */
const isNodeOnly = (path: string): boolean => path.endsWith(".node.ts");

/**
 * Why a file may not import another file of the project, or undefined when it may.
 *
 * @param from path of the importing file, from the root, with forward slashes
 * @param to path of the imported file, likewise
 */
export function forbiddenImport(from: string, to: string): string | undefined {
  const room = from.split("/")[0]!;
  const other = to.split("/")[0]!;
  const allowed = rooms[room];
  if (allowed !== undefined && room !== other && !allowed.includes(other)) {
    return `${room} may import ${[room, ...allowed].join(", ")}, not ${other}`;
  }
  if ((room === "shared" || room === "client") && isNodeOnly(to) && !isNodeOnly(from)) {
    return "only a *.node.ts file may import a *.node.ts file: this one must run in browsers";
  }
  const folder = to.slice(0, to.lastIndexOf("/") + 1);
  if (/(^|\/)index(\.node)?\.ts$/.test(to) && from.startsWith(folder) && allowed !== undefined) {
    return `${to} is for other folders: import the file that declares what is needed`;
  }
  return room === "shared" && other === "shared" ? forbiddenLayer(from, to) : undefined;
}

/** Why a file may not import a package or a `node:` module, or undefined when it may. */
export function forbiddenPackage(from: string, specifier: string, dependencies: readonly string[]): string | undefined {
  const room = from.split("/")[0]!;
  if (specifier.startsWith("node:")) {
    const bare = room === "shared" || room === "client";
    return bare && !isNodeOnly(from) ? "only *.node.ts files of shared and client may import node: modules" : undefined;
  }
  if (!(room in rooms)) return undefined;
  const name = specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
  return dependencies.includes(name) ? undefined : `"${name}" is not among the dependencies of package.json`;
}

/** The layer of a file of shared, from 0, and the name that put it there; undefined when the table does not know it. */
export function layerOf(path: string): { readonly level: number; readonly name: string } | undefined {
  const name = path.split("/")[1]!.replace(/(\.node)?\.ts$/, "");
  const level = layers.findIndex((layer) => layer.names.includes(name));
  return level < 0 ? undefined : { level, name };
}

function forbiddenLayer(from: string, to: string): string | undefined {
  const lower = layerOf(to);
  const upper = layerOf(from);
  if (upper === undefined) return `${from} has no layer: give it one in test/support/layers.ts`;
  if (lower === undefined) return `${to} has no layer: give it one in test/support/layers.ts`;
  if (lower.level > upper.level) return `imports point down, and ${lower.name} lies above ${upper.name}`;
  if (lower.level === upper.level && lower.name !== upper.name && layers[lower.level]!.sideBySide) {
    return `${upper.name} and ${lower.name} stand side by side: neither imports the other`;
  }
  return undefined;
}

/** Every cycle's first-found round trip through a graph of imports, as paths that end where they began. */
export function findCycles(graph: ReadonlyMap<string, readonly string[]>): readonly (readonly string[])[] {
  const cycles: string[][] = [];
  const done = new Set<string>();
  const trail: string[] = [];
  function visit(node: string): void {
    const at = trail.indexOf(node);
    if (at >= 0) {
      cycles.push([...trail.slice(at), node]);
      return;
    }
    if (done.has(node)) return;
    trail.push(node);
    for (const next of graph.get(node) ?? []) visit(next);
    trail.pop();
    done.add(node);
  }
  for (const node of graph.keys()) visit(node);
  return cycles;
}
