/** What follows a run's catalogue, loaded where a run has one. Imports types, advice's. */
import type { Advice } from "./advice.ts";
import type { CatalogueFollower } from "./catalogue-follower.ts";
import type { Session } from "./session.ts";
import type { Vault } from "./vault.ts";

/**
 * A follower, where items come and go.
 * @throws CofactorError CONFIG_INVALID for ratings by name in a run whose items are numbers; the session ends with it
 */
export async function openFollower({ run, channel }: Session, advice: Advice, vault: Vault): Promise<CatalogueFollower | undefined> {
  if (run.catalogue !== undefined) {
    const { CatalogueFollower } = await import("./catalogue-follower.ts");
    return new CatalogueFollower(vault);
  }
  try {
    advice.ratingsIn(run, undefined);
  } catch (error) {
    channel.close("the user's ratings are of another kind of run");
    throw error;
  }
  return undefined;
}
