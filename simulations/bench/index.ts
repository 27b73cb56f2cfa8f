/** Every subject of `cofactor bench`. A new one is a file and a line here. */
import type { BenchSubject } from "./bench.ts";
import { crypto } from "./crypto.ts";
import { kernels } from "./kernels.ts";
import { privacy } from "./privacy.ts";
import { rounds } from "./rounds.ts";
import { transport } from "./transport.ts";

/** The subjects, in the order in which they are run. */
export const subjects: readonly BenchSubject[] = [rounds, kernels, crypto, privacy, transport];
