/**
 * Programs that the tests need and npm cannot bring: Chromium for the browser tests, PostgreSQL and Redis for those of stores and clusters.
 * Installs them where it may (root on Debian or a system made of it), and otherwise says which command to run. Quick when all is there. Imports
 * node: modules only.
 *
 * Tests start servers of their own. The services that Debian's packages bring are not started while they are installed here.
 */
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";

/** A program, or several of one package. */
interface SystemPart {
  readonly name: string;
  readonly package: string;
  /** What goes without it. Where it is required nothing is tested without it; without another one its tests are skipped, and say why. */
  readonly use: string;
  readonly isRequired: boolean;
  find(): string | undefined;
}

const parts: readonly SystemPart[] = [
  { name: "Chromium", package: "chromium", use: "the browser tests", isRequired: true, find: findChromium },
  { name: "PostgreSQL", package: "postgresql", use: "the tests of PostgreSQL stores", isRequired: false, find: findPostgres },
  { name: "Redis", package: "redis-server", use: "the tests of clusters", isRequired: false, find: findRedis },
];

/** The path of a Chromium: COFACTOR_CHROMIUM when it is set, else the first on the path. */
export function findChromium(): string | undefined {
  const given = process.env["COFACTOR_CHROMIUM"];
  if (given !== undefined) return existsSync(given) ? given : undefined;
  return findProgram(["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]);
}

/** The folder of a PostgreSQL server's programs: Debian keeps those of the newest version off the path. */
export function findPostgres(): string | undefined {
  const root = "/usr/lib/postgresql";
  const versions = existsSync(root) ? readdirSync(root).sort((a, b) => Number(b) - Number(a)) : [];
  const folders = [...versions.map((version) => join(root, version, "bin")), ...pathFolders()];
  return folders.find((folder) => ["initdb", "postgres"].every((program) => existsSync(join(folder, program))));
}

/** The path of a Redis server. */
export function findRedis(): string | undefined {
  return findProgram(["redis-server"]);
}

function pathFolders(): readonly string[] {
  return [...(process.env["PATH"] ?? "").split(delimiter), "/usr/bin", "/usr/local/bin"];
}

function findProgram(names: readonly string[]): string | undefined {
  return pathFolders()
    .flatMap((folder) => names.map((name) => join(folder, name)))
    .find((path) => existsSync(path));
}

/**
 * Installs what is missing.
 *
 * @returns nothing when all that is required is there, else what to do about it, in one line
 */
export function installSystemParts(): string | undefined {
  const given = process.env["COFACTOR_CHROMIUM"];
  if (given !== undefined && findChromium() === undefined) {
    return `COFACTOR_CHROMIUM expected the path of a Chromium; there is no file ${given}`;
  }
  const missing = parts.filter((part) => part.find() === undefined);
  if (missing.length === 0) return undefined;
  const problem = install(missing.map((part) => part.package));
  const left = missing.filter((part) => part.find() === undefined);
  for (const { name, use, isRequired } of left) {
    if (!isRequired) process.stderr.write(`without ${name} ${use} are skipped; ${problem ?? "it was installed, but is not found"}\n`);
  }
  const required = left.find(({ isRequired }) => isRequired);
  return required === undefined ? undefined : `${required.use} need ${required.name}; ${problem ?? "it was installed, but is not found"}`;
}

/** @returns what went wrong and what to do about it, in one line */
function install(packages: readonly string[]): string | undefined {
  const command = ["apt-get", "install", "-y", "--no-install-recommends", ...packages];
  const hasApt = existsSync("/usr/bin/apt-get");
  const advice = hasApt
    ? `run: sudo apt-get update && sudo ${command.join(" ")}`
    : `install ${packages.join(", ")} with this system's package manager`;
  if (process.getuid?.() !== 0 || !hasApt) return advice;
  process.stderr.write(`installing ${packages.join(", ")} for the tests\n`);
  return withoutServices(() => {
    for (const step of [["apt-get", "update"], command]) {
      const { status, stdout, stderr } = spawnSync(step[0]!, step.slice(1), {
        encoding: "utf8",
        env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
      });
      if (status !== 0) return `${step.join(" ")} failed (${`${stdout}\n${stderr}`.trim().split("\n").at(-1)}); ${advice}`;
    }
    return undefined;
  });
}

/** Has Debian's packages start no service of theirs meanwhile. Source: invoke-rc.d(8): 101 forbids the action. */
function withoutServices<Result>(work: () => Result): Result {
  const policy = "/usr/sbin/policy-rc.d";
  if (existsSync(policy)) return work();
  writeFileSync(policy, "#!/bin/sh\nexit 101\n");
  chmodSync(policy, 0o755);
  try {
    return work();
  } finally {
    rmSync(policy, { force: true });
  }
}
