/** What `rdiff` says about itself. */
import { describeTerm, USUAL_COLUMNS, wrapText } from '../render/help.js';

export const VERSION_TEXT = `rdiff (Varve; formats of librsync 2.3)
Copyright (C) 2026 the Varve authors. MIT licence; no warranty.
Capabilities: 64 bit files, WebAssembly SIMD, threads
`;

const HELP_TEXT = `Usage: rdiff [OPTIONS] signature [BASIS [SIGNATURE]]
             [OPTIONS] delta SIGNATURE [NEWFILE [DELTA]]
             [OPTIONS] delta --basis OLDFILE [NEWFILE [DELTA]]
             [OPTIONS] patch BASIS [DELTA [NEWFILE]]
             [OPTIONS] explain OLDFILE NEWFILE

Any unambiguous beginning of an action will do. A file that is absent or \`-'
is standard input or output.

Options:
  -v, --verbose             The same as --statistics
  -V, --version             Show program version
  -?, -h, --help            Show this help message
  -s, --statistics          Show performance statistics
      --json                Statistics, explanation and errors as JSON
  -f, --force               Force overwriting existing files
  -j, --jobs=N              Threads for large files; 0 (default) for all cores
Signature generation options:
  -H, --hash=ALG            Hash algorithm: blake2 (default), md4
  -R, --rollsum=ALG         Rollsum algorithm: rabinkarp (default), rollsum
Delta-encoding options:
  -b, --block-size=BYTES    Signature block size, 0 (default) for recommended
  -S, --sum-size=BYTES      Signature strength, 0 (default) for max, -1 for min
      --basis=FILE          Compare with the old file itself, not its signature
Safety options:
      --verify-hash[=FILE]  delta: write the new file's size and BLAKE3 to FILE;
                            patch: check them before the result gets its name.
                            FILE is the delta's name with \`.hash' by default
      --max-output=BYTES    patch: refuse to make more; K, M, G, T for 1024s
Explanation options:
      --limit=N             explain: lines of blocks and parts, 40 by default;
                            0 for all
IO options:
  -I, --input-size=BYTES    Input buffer size (accepted, chosen by itself)
  -O, --output-size=BYTES   Output buffer size (accepted, chosen by itself)
`;

/** The help for a width: as it is where there is room, else what an option does below the option. */
export function helpText(columns = USUAL_COLUMNS): string {
  if (columns >= USUAL_COLUMNS) return HELP_TEXT;
  const joined = HELP_TEXT.replace(/\n {24,}(?=\S)/g, ' ').replace(
    /^(Any.*)\n(.*output\.)$/m,
    '$1 $2',
  );
  const lines = joined
    .trimEnd()
    .split('\n')
    .flatMap((line) => {
      const [, term, meaning] = /^ {2}( *-.+?) {2,}(.*)$/.exec(line) ?? [];
      if (term !== undefined && meaning !== undefined) {
        return describeTerm(term.trimStart(), meaning, { termWidth: 24, columns });
      }
      const [margin = ''] = /^ */.exec(line) ?? [];
      return wrapText(line.trimStart(), columns - margin.length).map((piece) => margin + piece);
    });
  return `${lines.join('\n')}\n`;
}

/** Arguments of each action, in the words of the usage error. */
export const ACTION_USAGE = {
  signature: 'rdiff [OPTIONS] signature [BASIS [SIGNATURE]]',
  delta: 'rdiff [OPTIONS] delta SIGNATURE [NEWFILE [DELTA]]',
  patch: 'rdiff [OPTIONS] patch BASIS [DELTA [NEW]]',
  explain: 'rdiff [OPTIONS] explain OLDFILE NEWFILE',
} as const;

export type ActionName = keyof typeof ACTION_USAGE;
