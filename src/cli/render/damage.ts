/** Damage that `verify` and `repair` found. */
import { escapeUnsafe, textFromBytes, type Damage } from '../../store.js';
import { bytesOf, jsonPath } from './names.js';
import { count } from './count.js';

/** Paths shown of one finding. */
const FEW_PATHS = 5;

/** A line for each finding, and below it some of the paths that it hits, or all that are known. */
export function describeDamage(damage: readonly Damage[], showsAll: boolean): string[] {
  return damage.map(({ code, message, paths }) => {
    const shown = showsAll ? paths : paths.slice(0, FEW_PATHS);
    const lines = [
      `${code}: ${escapeUnsafe(message)}`,
      ...shown.map((path) => `  ${textFromBytes(path)}`),
    ];
    const rest = paths.length - shown.length;
    if (rest > 0) lines.push(`  and ${count(rest, 'more path')} (-v lists all)`);
    return lines.join('\n');
  });
}

/** `paths` as text; where one is not UTF-8, `paths_base64` has the exact bytes of all. */
export function jsonDamage(damage: readonly Damage[]): object[] {
  return damage.map(({ code, message, paths }) => {
    const named = paths.map((path) => jsonPath(path));
    const isText = named.every(({ path_base64: base64 }) => base64 === undefined);
    return {
      code,
      message,
      paths: named.map(({ path }) => path),
      ...(!isText && { paths_base64: paths.map((path) => bytesOf(path).toString('base64')) }),
    };
  });
}
