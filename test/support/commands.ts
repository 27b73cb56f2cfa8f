/** The command line as processes of their own, for tests of what an operator does. Imports node:child_process. */
import { type ChildProcess, spawn } from "node:child_process";

const program = new URL("../../cofactor.ts", import.meta.url).pathname;

/** How a command ended. */
export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** A running command, what it printed so far, and how it ends. */
export interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** The first line of standard output that parses and fulfils the condition. */
  line(condition: (entry: Record<string, unknown>) => boolean): Promise<Record<string, unknown>>;
}

/** Commands in one folder. */
export interface Commands {
  start(...args: string[]): Running;
  run(...args: string[]): Promise<Ended>;
  /** Ends those that still run. */
  end(): Promise<void>;
}

/** Runs commands in a folder, with no more of the environment than it is given. */
export function commandsIn(folder: string, environment: Readonly<Record<string, string>> = {}): Commands {
  const running: Running[] = [];
  const start = (...args: string[]): Running => {
    const env = { PATH: process.env["PATH"] ?? "", ...environment };
    const child = spawn(process.execPath, [program, ...args], { cwd: folder, env });
    let out = "";
    let err = "";
    const watchers = new Set<() => void>();
    child.stdout.on("data", (chunk: Buffer) => {
      out += chunk.toString();
      for (const watch of [...watchers]) watch();
    });
    child.stderr.on("data", (chunk: Buffer) => {
      err += chunk.toString();
    });
    const ended = new Promise<Ended>((resolve) => child.once("close", (code) => resolve({ code, out, err })));
    const line: Running["line"] = (condition) =>
      new Promise((resolve, reject) => {
        const watch = (): void => {
          const entries = out.split("\n").slice(0, -1);
          const found = entries.map((text) => JSON.parse(text) as Record<string, unknown>).find(condition);
          if (found === undefined) return;
          watchers.delete(watch);
          resolve(found);
        };
        watchers.add(watch);
        void ended.then(() => reject(new Error(`the command ended before it said so: ${err}`)));
        watch();
      });
    const command: Running = { child, ended, line };
    running.push(command);
    return command;
  };
  return {
    start,
    run: (...args) => start(...args).ended,
    async end() {
      for (const { child, ended } of running.splice(0)) {
        child.kill("SIGKILL");
        await ended;
      }
    },
  };
}
