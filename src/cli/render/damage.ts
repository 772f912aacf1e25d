/** Damage that `verify` and `repair` found. */
import { escapeUnsafe, textFromBytes, type Damage } from '../../store.js';
import { bytesOf, jsonPath } from './names.js';
import { count } from '../../platform/count.js';

/** Paths shown of one finding. */
const FEW_PATHS = 5;

/** A line for each finding, and below it some of the paths that it hits, or all that are known. */
export function describeDamage(damage: readonly Damage[], showsAll: boolean): string[] {
  return damage.map(({ code, message, paths, snapshots }) => {
    const shown = showsAll ? paths : paths.slice(0, FEW_PATHS);
    const lines = [
      `${code}: ${escapeUnsafe(message)}`,
      ...shown.map((path) => `  ${textFromBytes(path)}`),
    ];
    const rest = paths.length - shown.length;
    if (rest > 0) lines.push(`  and ${count(rest, 'more path')} (-v lists all)`);
    if (snapshots.length > 0) lines.push(`  in ${describeSnapshots(snapshots)}`);
    return lines.join('\n');
  });
}

/** `snapshots 1, 3 to 5`. */
function describeSnapshots(numbers: readonly number[]): string {
  const runs: [first: number, last: number][] = [];
  for (const number of numbers) {
    const run = runs.at(-1);
    if (run?.[1] === number - 1) run[1] = number;
    else runs.push([number, number]);
  }
  const texts = runs.map(([first, last]) => (first === last ? `${first}` : `${first} to ${last}`));
  return `snapshot${numbers.length === 1 ? '' : 's'} ${texts.join(', ')}`;
}

/** `paths` as text; where one is not UTF-8, `paths_base64` has the exact bytes of all. */
export function jsonDamage(damage: readonly Damage[]): object[] {
  return damage.map(({ code, message, pack, offset, paths, snapshots }) => {
    const named = paths.map((path) => jsonPath(path));
    const isText = named.every(({ path_base64: base64 }) => base64 === undefined);
    return {
      code,
      message,
      ...(pack !== undefined && { pack, offset }),
      snapshots,
      paths: named.map(({ path }) => path),
      ...(!isText && { paths_base64: paths.map((path) => bytesOf(path).toString('base64')) }),
    };
  });
}
