/**
 * Programs that the tests need and npm cannot bring: Chromium for the browser tests, Redis for those of the queue. Installs them where it may (root on
 * Debian or a system made of it), and otherwise says which command to run. Quick when all is there. Imports node: modules only.
 */
import { spawnSync } from "node:child_process";
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";

/** A program. */
interface SystemPart {
  readonly name: string;
  /** Its files, by any of these names on the path. */
  readonly programs: readonly string[];
  /** The variable that names the file instead. */
  readonly variable: string;
  readonly packages: readonly string[];
}

const chromium: SystemPart = {
  name: "Chromium",
  programs: ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"],
  variable: "COFACTOR_CHROMIUM",
  packages: ["chromium"],
};

const redis: SystemPart = {
  name: "Redis",
  programs: ["redis-server", "valkey-server"],
  variable: "COFACTOR_REDIS",
  packages: ["redis-server"],
};

const parts: readonly SystemPart[] = [chromium, redis];

/** The path of a Chromium: COFACTOR_CHROMIUM when it is set, else the first on the path. */
export function findChromium(): string | undefined {
  return find(chromium);
}

/** The path of a Redis or Valkey server: COFACTOR_REDIS when it is set, else the first on the path. */
export function findRedis(): string | undefined {
  return find(redis);
}

/**
 * Installs what is missing; no service of the distribution is started by it.
 *
 * @returns nothing when all is there, else what to do about it, in one line
 */
export function installSystemParts(): string | undefined {
  const missing = parts.filter((part) => find(part) === undefined);
  if (missing.length === 0) return undefined;
  const misplaced = missing.find(({ variable }) => process.env[variable] !== undefined);
  if (misplaced !== undefined) {
    return `${misplaced.variable} expected the path of a ${misplaced.name}; there is no file ${process.env[misplaced.variable]}`;
  }
  const names = missing.map(({ name }) => name).join(" and ");
  const install = ["apt-get", "install", "-y", "--no-install-recommends", ...missing.flatMap(({ packages }) => packages)];
  const advice = existsSync("/usr/bin/apt-get")
    ? `run: sudo apt-get update && sudo ${install.join(" ")}`
    : `install ${names} with this system's package manager, or set ${missing.map(({ variable }) => variable).join(", ")} to the path`;
  if (process.getuid?.() !== 0 || !existsSync("/usr/bin/apt-get")) return `the tests need ${names}; ${advice}`;
  process.stderr.write(`installing ${names} for the tests\n`);
  const failure = withoutServices(() => [["apt-get", "update"], install].map(runQuietly).find((line) => line !== undefined));
  if (failure !== undefined) return `${failure}; ${advice}`;
  const absent = missing.find((part) => find(part) === undefined);
  return absent === undefined ? undefined : `${absent.name} was installed but is not on the path; ${advice}`;
}

function find({ programs, variable }: SystemPart): string | undefined {
  const given = process.env[variable];
  if (given !== undefined) return existsSync(given) ? given : undefined;
  const folders = [...(process.env["PATH"] ?? "").split(delimiter), "/usr/bin", "/usr/local/bin"];
  return folders.flatMap((folder) => programs.map((name) => join(folder, name))).find((path) => existsSync(path));
}

/** Debian asks this file before it starts a package's service; 101 forbids it. One that is there already is its owner's word. */
const policy = "/usr/sbin/policy-rc.d";

function withoutServices<T>(work: () => T): T {
  if (existsSync(policy)) return work();
  writeFileSync(policy, "#!/bin/sh\nexit 101\n", { mode: 0o755 });
  try {
    return work();
  } finally {
    rmSync(policy, { force: true });
  }
}

/** Runs a command. @returns nothing when it succeeded, else that it failed, with its last line */
function runQuietly(command: readonly string[]): string | undefined {
  const { status, stdout, stderr } = spawnSync(command[0]!, command.slice(1), {
    encoding: "utf8",
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
  });
  return status === 0 ? undefined : `${command.join(" ")} failed (${`${stdout}\n${stderr}`.trim().split("\n").at(-1)})`;
}
