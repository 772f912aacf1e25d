/** Options that several commands have, and the values they say. */
import { Option, type Command } from 'commander';
import type { RereadOptions, SourceSelector, TimePoint } from '../store.js';
import { parseShare } from './parse/share.js';
import { parseSource } from './parse/source.js';
import { wholeNumber } from './parse/whole-number.js';
import { optionValue, type Session } from './session.js';

const MAX_JOBS = 64;

export interface AtFlag {
  readonly at?: string;
}
export interface LastSeenFlag {
  readonly lastSeen?: boolean;
}
export interface SourceFlag {
  readonly source?: string;
}
export interface RereadFlags {
  readonly readAll?: boolean;
  readonly reread?: string;
}
export interface JobsFlag {
  readonly jobs?: string;
}

/** An option whose values are kept in the order given. */
export function listOption(flags: string, description: string): Option {
  return new Option(flags, description).argParser(
    (value: string, list: readonly string[] | undefined) => [...(list ?? []), value],
  );
}

export function addAtOption(command: Command): void {
  command.option('--at <time>', 'a point in time (default: latest); see below');
}

export function addLastSeenOption(command: Command): void {
  command.option(
    '--last-seen',
    'as the newest snapshot with the path has it, if a later one lacks it',
  );
}

export function addSourceOption(command: Command): void {
  command.option(
    '--source <source>',
    'HOST:PATH or a number from `varve snapshots` (default: the newest snapshot with the path)',
  );
}

export function addRereadOptions(command: Command): void {
  command
    .option('--read-all', 'read every file, even if its times have not changed')
    .option(
      '--reread <share>',
      'also re-read this share of the unchanged files, different ones each time: 2%',
    );
}

/** To be spread into the options of an operation. @throws CodedError USAGE */
export function rereadOptions({ readAll, reread }: RereadFlags): RereadOptions {
  const rereadShare = optionValue('--reread', parseShare, reread);
  return {
    ...(readAll !== undefined && { readsAll: readAll }),
    ...(rereadShare !== undefined && { rereadShare }),
  };
}

export function addJobsOption(command: Command): void {
  command.option('--jobs <n>', 'number of worker threads (default: one per core, at most 8)');
}

/** What reads TIME is loaded when there is one: 7 ms. @throws CodedError USAGE_TIME */
export async function timePoint({ at }: AtFlag, { now }: Session): Promise<TimePoint> {
  if (at === undefined) return { type: 'latest' };
  const { parseTime } = await import('./parse/time.js');
  return optionValue('--at', (text) => parseTime(text, now), at);
}

/** To be spread into the options of an operation. @throws CodedError USAGE */
export function sourceOption({ source }: SourceFlag): { readonly source?: SourceSelector } {
  const selector = optionValue('--source', parseSource, source);
  return selector === undefined ? {} : { source: selector };
}

/** To be spread into the options of an operation. @throws CodedError USAGE_COUNT */
export function jobsOption({ jobs }: JobsFlag): { readonly jobs?: number } {
  const count = optionValue('--jobs', wholeNumber(1, MAX_JOBS), jobs);
  return count === undefined ? {} : { jobs: count };
}
