/**
 * Where things lie in a kernel's memory. Everything below {@link FREE_START} is scratch of fixed
 * size that kernels and their callers share; above it the caller lays out tables and input.
 */

/** Blocks that one call of the MD4 kernel hashes side by side. */
export const MD4_LANES = 8;
/** Blocks that one call of the BLAKE2b kernel hashes side by side. */
export const BLAKE2B_LANES = 2;

/** One i32 address a lane: where its next chunk is read. The kernels move them forward. */
export const LANES = 1024;
/** Chaining values: word by word, within a word lane by lane. */
export const STATE = 1280;
/** The chunk being absorbed, transposed: word by word, within a word lane by lane. */
export const MESSAGE = 1792;
/** The last, padded chunks of each lane. */
export const TAIL = 2560;
/** BLAKE2b's byte count, what a chunk adds to it, and the final-block mask; a vector each. */
export const COUNTER = 3712;
export const ADVANCE = 3728;
export const FINAL_MASK = 3744;
/** The table that the search looks into: {@link SearchTable}'s addresses and shifts, i32 each. */
export const SEARCH_TABLE = 3808;
/** What the search multiplies a leaving byte with: the last word of the table. */
export const SEARCH_WEIGHT = SEARCH_TABLE + 20;
/** What a search leaves: the weak sum of the window it returned, and its first candidate (0: none). */
export const SEARCH_SUM = 3840;
export const SEARCH_CANDIDATE = 3844;
/** First byte that belongs to the caller. */
export const FREE_START = 4096;
