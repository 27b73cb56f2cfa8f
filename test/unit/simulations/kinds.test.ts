/** `cofactor kinds` lists every replaceable part there is. */
import { describe, expect, test } from "vitest";
import { listKinds, seams } from "../../../simulations/kinds.ts";
import { sourceFiles } from "../../support/source-tree.ts";

/** How a definition begins in its file: its name, then a sentence. */
const definition = /^ {2}kind: "([a-z0-9-]+)",\n {2}summary:/gm;

const rows = await listKinds();

describe("cofactor kinds", () => {
  test("lists every definition that stands in a file", () => {
    const inFiles = sourceFiles().flatMap(({ text }) => [...text.matchAll(definition)].map(([, kind]) => kind));
    expect(inFiles.length).toBeGreaterThan(60);
    expect(rows.map(({ kind }) => kind).sort()).toEqual(inFiles.sort());
  });

  test.each(seams.map(({ name }) => [name] as const))("tells of each of %s what it is and where it comes from", async (seam) => {
    const parts = await listKinds(seam);
    expect(parts.length).toBeGreaterThan(0);
    for (const { kind, summary, source } of parts) {
      expect(summary, kind).toMatch(/^[A-Z0-9].*\.$/);
      expect(source, kind).not.toBe("");
    }
  });

  test("shows the defaults of options", () => {
    expect(rows.find(({ seam, kind }) => seam === "models" && kind === "fcf")!.options).toMatchObject({
      l2: 0.01,
      optimizer: { kind: "adam" },
    });
  });

  test("names the nearest of an unknown seam", async () => {
    await expect(listKinds("rulez")).rejects.toThrow('did you mean "rules"');
  });
});
