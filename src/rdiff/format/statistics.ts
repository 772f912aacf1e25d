/** What a run did, in numbers. */

/** Commands of a delta, their data, and the bytes of the commands themselves. */
export interface InstructionCounts {
  literalCommands: number;
  literalBytes: number;
  literalCommandBytes: number;
  copyCommands: number;
  copyBytes: number;
  copyCommandBytes: number;
}

/** The work of a search for matches. */
export interface MatchCounts {
  /** Windows whose weak sum was looked for. */
  searches: number;
  /** Blocks of the basis that were found. */
  matches: number;
  /** Windows whose strong sum was computed. */
  strongSums: number;
  /** Windows whose weak sum was known while the strong sum was not. */
  falseMatches: number;
}

export const emptyCounts = (): InstructionCounts => ({
  literalCommands: 0,
  literalBytes: 0,
  literalCommandBytes: 0,
  copyCommands: 0,
  copyBytes: 0,
  copyCommandBytes: 0,
});

export const emptyMatchCounts = (): MatchCounts => ({
  searches: 0,
  matches: 0,
  strongSums: 0,
  falseMatches: 0,
});

/** Adds what another part of the same search counted. */
export function addMatchCounts(total: MatchCounts, part: MatchCounts): void {
  total.searches += part.searches;
  total.matches += part.matches;
  total.strongSums += part.strongSums;
  total.falseMatches += part.falseMatches;
}
