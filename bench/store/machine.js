/**
 * What the figures were taken on.
 *
 * @module
 */

import os from 'node:os';
import { firstLine, measure } from './command.js';
import { median } from './samples.js';

/** How often `true` is run to learn what the measuring itself costs. */
const OVERHEAD_RUNS = 15;

/**
 * @param {import('./workspace.js').Workspace} workspace
 * @param {Record<string, string>} versions of the tools
 * @returns {Promise<Record<string, unknown>>}
 */
export async function describeMachine(workspace, versions) {
  const cpus = os.cpus();
  return {
    date: new Date().toISOString(),
    cores: cpus.length,
    processor: cpus[0]?.model ?? 'unknown',
    memoryBytes: os.totalmem(),
    loadAtStart: os.loadavg()[0],
    kernel: `${os.type()} ${os.release()}`,
    fileSystem: await firstLine(['stat', '-f', '-c', '%T', workspace.root]),
    node: process.version,
    tools: versions,
    helpers: {
      zstd: await firstLine(['zstd', '--version']),
      rsync: await firstLine(['rsync', '--version']),
      diff: await firstLine(['diff', '--version']),
    },
    measuringCostsMs: await overheadMs(workspace.scratch),
  };
}

/** @param {string} scratch @returns {Promise<number>} wall time of a program that does nothing */
async function overheadMs(scratch) {
  const walls = [];
  for (let i = 0; i < OVERHEAD_RUNS; i++) {
    walls.push((await measure({ argv: ['true'] }, scratch)).wallMs);
  }
  return median(walls);
}
