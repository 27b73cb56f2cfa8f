/** Every table of figures, in the order of the page. A new one is an entry of a file here and a line in this list. */
import type { Table } from "../table.ts";
import { attacks, attacksQuick } from "./attacks.ts";
import { collective } from "./collective.ts";
import { otherModels } from "./models.ts";
import { correlatedRatings, privateRuns, privateSummary } from "./private.ts";
import { quick } from "./quick.ts";
import { movieLensRankings, personal, rankings } from "./rankings.ts";
import { ratings } from "./ratings.ts";
import { start } from "./start.ts";
import { summary } from "./summary.ts";

/** Quick ones first. */
export const tables: readonly Table[] = [
  quick,
  attacksQuick,
  start,
  ratings,
  movieLensRankings,
  rankings,
  personal,
  otherModels,
  privateRuns,
  correlatedRatings,
  attacks,
  collective,
  summary,
  privateSummary,
];
