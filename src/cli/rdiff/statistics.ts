/** Statistics as text, in librsync's words where it has some, and as JSON. */
import type { DeltaReport, PatchReport, SignatureReport } from '../../rdiff/index.js';

/** What an action did, and how long it took. */
export type RdiffReport = { readonly seconds: number } & (
  | ({ readonly action: 'signature' } & SignatureReport)
  | ({
      readonly action: 'delta';
      /** Describes the signature that was read, unless the basis itself was. */
      readonly signature?: {
        readonly blocks: number;
        readonly blockLength: number;
        readonly bytes: number;
      };
    } & DeltaReport)
  | ({ readonly action: 'patch' } & PatchReport)
);

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;

function speed(bytesIn: number, bytesOut: number, seconds: number): string {
  const rate = (bytes: number) => `${megabytes(bytes)} (${megabytes(bytes / seconds)}/s)`;
  return `speed[${rate(bytesIn)} in, ${rate(bytesOut)} out, ${seconds.toFixed(2)} sec]`;
}

const percent = (part: number, whole: number): string =>
  `${part} (${(whole === 0 ? 0 : (part / whole) * 100).toFixed(3)}%)`;

function instructions(report: DeltaReport | PatchReport, falseMatches: number): string {
  const counts = report.instructions;
  return (
    `literal[${counts.literalCommands} cmds, ${counts.literalBytes} bytes, ${counts.literalCommandBytes} cmdbytes] ` +
    `copy[${counts.copyCommands} cmds, ${counts.copyBytes} bytes, ${counts.copyCommandBytes} cmdbytes, ${falseMatches} false]`
  );
}

/** How many times smaller what has to be sent is than the new file; librsync has no such figure. */
function speedUp(newBytes: number, sentBytes: number): number {
  return sentBytes === 0 ? 1 : newBytes / sentBytes;
}

function lines(report: RdiffReport): string[] {
  const { seconds } = report;
  switch (report.action) {
    case 'signature':
      return [
        `signature statistics: signature[${report.blocks} blocks, ${report.blockLength} bytes per block] ${speed(report.bytesIn, report.bytesOut, seconds)}`,
      ];
    case 'patch':
      return [
        `patch statistics: ${instructions(report, 0)} ${speed(report.bytesIn, report.bytesOut, seconds)}`,
      ];
    case 'delta':
      return deltaLines(report);
  }
}

function deltaLines(report: Extract<RdiffReport, { action: 'delta' }>): string[] {
  const { matches, signature, bytesIn, bytesOut, seconds } = report;
  const sent = bytesOut + (signature?.bytes ?? 0);
  return [
    ...(signature === undefined
      ? []
      : [
          `loadsig statistics: signature[${signature.blocks} blocks, ${signature.blockLength} bytes per block]`,
        ]),
    ...(matches === undefined
      ? []
      : [
          `match statistics: signature[${matches.searches} searches, ${percent(matches.matches, matches.searches + matches.matches)} matches, ${matches.strongSums} strong sum calcs, ${matches.falseMatches} false]`,
        ]),
    `delta statistics: ${instructions(report, matches?.falseMatches ?? 0)} ${speed(bytesIn, bytesOut, seconds)}`,
    `speed-up: ${speedUp(bytesIn, sent).toFixed(2)} (${bytesIn} bytes of new file, ${sent} bytes to send)`,
  ];
}

export const statisticsText = (report: RdiffReport): string =>
  lines(report)
    .map((line) => `librsync: ${line}\n`)
    .join('');

const snake = (name: string): string =>
  name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** The value with keys in snake_case, as in all of Varve's JSON. */
export function snakeCase(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(snakeCase);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [snake(key), snakeCase(member)]),
  );
}

export function statisticsJson(report: RdiffReport): string {
  const extra =
    report.action === 'delta'
      ? { speedUp: speedUp(report.bytesIn, report.bytesOut + (report.signature?.bytes ?? 0)) }
      : {};
  return `${JSON.stringify(snakeCase({ ...report, ...extra }))}\n`;
}
