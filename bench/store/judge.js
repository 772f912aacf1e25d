/**
 * The goals, and whether the figures meet them. All goals are in `goals.json`, and nowhere else.
 *
 * @module
 */

import { readFile } from 'node:fs/promises';

/**
 * @typedef {object} Operation a row of `goals.json`
 * @property {string} id
 * @property {string} corpus its letter, or "all"
 * @property {'time' | 'size' | 'memory'} unit milliseconds, or bytes
 * @property {string} title
 * @property {{ratio: number, of: string} | {atMost: number}} [goal] a ratio to a peer's value ("best":
 *   the least of all peers), or a limit in the unit
 */

/**
 * @typedef {object} Verdict
 * @property {Operation} operation
 * @property {Record<string, number>} values by tool
 * @property {string} [peer] the one that varve is compared with
 * @property {number} [ratio] varve to that peer
 * @property {boolean} [met] absent where there is no goal, or nothing to judge it by
 * @property {number} [missedBy] 0.1: the value is 10 % above what was asked
 */

/** @returns {Promise<Operation[]>} in the order of the report */
export async function readOperations() {
  const text = await readFile(new URL('goals.json', import.meta.url), 'utf8');
  return JSON.parse(text).operations;
}

/**
 * @param {Operation} operation
 * @param {Record<string, number>} values by tool
 * @returns {Verdict}
 */
export function judge(operation, values) {
  const { goal } = operation;
  const own = values['varve'];
  const peer = peerToCompare(goal !== undefined && 'of' in goal ? goal.of : 'best', values);
  const theirs = peer === undefined ? undefined : values[peer];
  const ratio = own === undefined || theirs === undefined ? undefined : own / theirs;
  const excess = excessOver(goal, own, ratio);
  return {
    operation,
    values,
    ...(peer !== undefined && { peer }),
    ...(ratio !== undefined && { ratio }),
    ...(excess !== undefined && { met: excess <= 0 }),
    ...(excess !== undefined && excess > 0 && { missedBy: excess }),
  };
}

/** @param {string} of @param {Record<string, number>} values @returns {string | undefined} */
function peerToCompare(of, values) {
  if (of !== 'best') return of in values ? of : undefined;
  const peers = Object.entries(values).filter(([tool]) => tool !== 'varve');
  return peers.sort((a, b) => a[1] - b[1])[0]?.[0];
}

/**
 * @param {Operation['goal']} goal
 * @param {number | undefined} own
 * @param {number | undefined} ratio
 * @returns {number | undefined} 0 or less: met
 */
function excessOver(goal, own, ratio) {
  if (goal === undefined) return undefined;
  if ('atMost' in goal) return own === undefined ? undefined : own / goal.atMost - 1;
  return ratio === undefined ? undefined : ratio / goal.ratio - 1;
}
