/**
 * The report: one plain object (the JSON), and the same as Markdown.
 *
 * @module
 */

import { judge } from './judge.js';
import { YARDSTICKS, yardstickOf } from './yardsticks.js';

/** @typedef {import('./judge.js').Verdict} Verdict */
/** @typedef {import('./judge.js').Operation} Operation */
/** @typedef {import('./samples.js').Summary} Summary */
/** @typedef {Omit<import('./samples.js').TimeSample, 'command'> & {command: string}} ShownSample */

/**
 * @typedef {object} Report
 * @property {Record<string, unknown>} machine
 * @property {number} rounds
 * @property {boolean} small figures of a trial, which do not count
 * @property {string[]} tools
 * @property {string[]} notes
 * @property {Record<string, Record<string, unknown>>} data by corpus
 * @property {(Verdict & {summaries: Record<string, Summary>})[]} results
 * @property {Record<string, Record<string, Summary>>} yardsticks by corpus and program
 * @property {{operation: string, tool: string, command: string}[]} commands each once
 * @property {{times: ShownSample[], sizes: import('./samples.js').SizeSample[]}} raw
 */

const TITLES = {
  a: '(a) Many small files',
  b: '(b) Consecutive releases of one package',
  c: '(c) One large image',
  h: '(h) Questions about a long history',
  all: 'Memory',
};

/**
 * @param {import('./session.js').Bench} bench
 * @param {Operation[]} operations
 * @param {Pick<Report, 'machine' | 'notes' | 'data'>} about
 * @returns {Report}
 */
export function buildReport({ options, workspace, tools, samples }, operations, about) {
  const names = tools.map((tool) => tool.name);
  const { times, sizes } = samples.raw();
  const shown = times.map((sample) => ({
    ...sample,
    command: showCommand(sample.command, options, workspace.root),
  }));
  return {
    ...about,
    rounds: options.rounds,
    small: options.small,
    tools: names,
    notes: [...about.notes, ...tools.flatMap((t) => (t.note ? [`${t.name}: ${t.note}`] : []))],
    results: operations.flatMap((operation) => {
      const { values, summaries } = collect(operation, names, samples);
      if (Object.keys(values).length === 0) return [];
      return [{ ...judge(operation, values), summaries }];
    }),
    yardsticks: collectYardsticks(options.corpora, samples),
    commands: distinctCommands(shown),
    raw: { times: shown, sizes },
  };
}

/**
 * @param {Operation} operation
 * @param {string[]} names
 * @param {import('./samples.js').Samples} samples
 */
function collect(operation, names, samples) {
  /** @type {Record<string, number>} */
  const values = {};
  /** @type {Record<string, Summary>} */
  const summaries = {};
  for (const name of names) {
    const summary = samples.summary(operation.id, name);
    if (summary !== undefined) summaries[name] = summary;
    const value = {
      time: summary?.wallMs,
      size: summary?.allocatedBytes,
      memory: samples.peakRssBytes(name),
    }[operation.unit];
    if (value !== undefined) values[name] = value;
  }
  return { values, summaries };
}

/** @param {string[]} corpora @param {import('./samples.js').Samples} samples */
function collectYardsticks(corpora, samples) {
  /** @type {Record<string, Record<string, Summary>>} */
  const found = {};
  for (const corpus of corpora) {
    for (const { name } of YARDSTICKS) {
      const summary = samples.summary(yardstickOf(corpus), name);
      if (summary !== undefined) (found[corpus] ??= {})[name] = summary;
    }
  }
  return found;
}

/**
 * A command as a reader wants it: without the paths of this machine.
 *
 * @param {string[]} command
 * @param {import('./options.js').Options} options
 * @param {string} root
 */
function showCommand(command, { varve, history }, root) {
  const isVarve = varve.every((word, i) => command[i] === word);
  const words = isVarve ? ['varve', ...command.slice(varve.length)] : command;
  const text = words.join(' ').replaceAll(root, '$WORK');
  return history === '' ? text : text.replaceAll(history, '$HISTORY');
}

/** @param {ShownSample[]} times */
function distinctCommands(times) {
  /** @type {Map<string, Pick<ShownSample, 'operation' | 'tool' | 'command'>>} */
  const distinct = new Map();
  for (const { operation, tool, command } of times) {
    distinct.set(`${operation} ${command}`, { operation, tool, command });
  }
  return [...distinct.values()];
}

/**
 * @param {Report} report
 * @returns {string}
 */
export function toMarkdown(report) {
  const corpora = [...new Set(report.results.map(({ operation }) => operation.corpus))];
  return [
    '# Varve and its peers',
    '',
    ...aboutLines(report),
    ...corpora.flatMap((corpus) => corpusLines(report, corpus)),
    ...effortLines(report),
    ...yardstickLines(report),
    '## Commands',
    '',
    '`$WORK` is the directory of the run. Each round repeats them all.',
    '',
    ...report.commands.map(({ operation, command }) => `- ${operation}: \`${command}\``),
    '',
  ].join('\n');
}

/** @param {Report} report */
function aboutLines(report) {
  const machine = /** @type {Record<string, any>} */ (report.machine);
  return [
    `${machine['date']}: ${machine['cores']} cores (${machine['processor']}), ` +
      `${gib(machine['memoryBytes'])} of memory, ${machine['kernel']}, ${machine['fileSystem']}, ` +
      `Node ${machine['node']}; ${Object.values(machine['tools']).join('; ')}. ` +
      `Rounds: ${report.rounds}, medians of them; the order of the tools is rotated between rounds. ` +
      `Starting and measuring a process costs ${machine['measuringCostsMs'].toFixed(1)} ms, included.`,
    '',
    ...(report.small
      ? ['**A trial with little data (`--small`): the figures do not count.**', '']
      : []),
    ...(report.notes.length === 0 ? [] : [...report.notes.map((note) => `- ${note}`), '']),
  ];
}

/** @param {Report} report @param {string} corpus */
function corpusLines(report, corpus) {
  const results = report.results.filter(({ operation }) => operation.corpus === corpus);
  const data = report.data[corpus];
  return [
    `## ${TITLES[/** @type {keyof TITLES} */ (corpus)]}`,
    '',
    ...(data === undefined ? [] : [`Data: ${describeData(data)}`, '']),
    ...table(
      ['operation', ...report.tools, 'varve to', 'asked', ''],
      results.map((result) => [
        result.operation.title,
        ...report.tools.map((tool) => cell(result, tool)),
        result.ratio === undefined ? '' : `${result.ratio.toFixed(2)} × ${result.peer ?? ''}`,
        asked(result.operation),
        outcome(result),
      ]),
    ),
    '',
  ];
}

/** @param {Report['results'][number]} result @param {string} tool */
function cell({ operation, values, summaries }, tool) {
  const value = values[tool];
  if (value === undefined) return '-';
  if (operation.unit === 'time') return seconds(value);
  if (operation.unit === 'memory') return megabytes(value);
  return `${mib(value)} (${mib(summaries[tool]?.apparentBytes ?? value)})`;
}

/** @param {Operation} operation */
function asked({ goal, unit }) {
  if (goal === undefined) return '';
  if ('of' in goal) return `<= ${goal.ratio} × ${goal.of}`;
  return `<= ${unit === 'time' ? seconds(goal.atMost) : megabytes(goal.atMost)}`;
}

/** @param {Verdict} verdict */
function outcome({ met, missedBy }) {
  if (met === undefined) return '';
  return met ? 'met' : `**missed by ${Math.ceil((missedBy ?? 0) * 100)} %**`;
}

/** @param {Report} report processor time and memory of each operation */
function effortLines(report) {
  const results = report.results.filter(({ operation }) => operation.unit === 'time');
  if (results.length === 0) return [];
  return [
    '## Processor time and peak memory',
    '',
    'User and system time of all processes (median); resident set of the largest process (most).',
    '',
    ...table(
      ['operation', ...report.tools],
      results.map(({ operation, summaries }) => [
        `(${operation.corpus}) ${operation.title}`,
        ...report.tools.map((tool) => effort(summaries[tool])),
      ]),
    ),
    '',
  ];
}

/** @param {Report} report */
function yardstickLines({ yardsticks }) {
  const corpora = Object.keys(yardsticks);
  if (corpora.length === 0) return [];
  return [
    '## Plain programs on the same data',
    '',
    ...table(
      ['program', ...corpora.map((corpus) => `(${corpus})`)],
      YARDSTICKS.map(({ name }) => [
        `\`${name.replaceAll('|', '\\|')}\``,
        ...corpora.map((corpus) => {
          const summary = yardsticks[corpus]?.[name];
          return summary === undefined
            ? '-'
            : `${seconds(summary.wallMs ?? 0)}, ${effort(summary)}`;
        }),
      ]),
    ),
    '',
  ];
}

/** @param {Summary | undefined} summary */
function effort(summary) {
  if (summary === undefined) return '-';
  return `${seconds(summary.cpuMs ?? 0)} cpu, ${megabytes(summary.peakRssBytes ?? 0)}`;
}

/** @param {Record<string, unknown>} data */
function describeData(data) {
  return Object.entries(data)
    .map(
      ([key, value]) =>
        `${key} ${typeof value === 'object' ? JSON.stringify(value) : String(value)}`,
    )
    .join(', ');
}

/** @param {string[]} head @param {string[][]} rows */
function table(head, rows) {
  const line = (/** @type {string[]} */ cells) => `| ${cells.join(' | ')} |`;
  const rule = head.map((_title, i) => (i === 0 ? '---' : '---:'));
  return [line(head), line(rule), ...rows.map(line)];
}

/** @param {number} ms */
const seconds = (ms) => (ms < 1000 ? `${ms.toFixed(0)} ms` : `${(ms / 1000).toFixed(2)} s`);
/** @param {number} bytes */
const mib = (bytes) => `${(bytes / 2 ** 20).toFixed(bytes < 100 * 2 ** 20 ? 1 : 0)} MiB`;
/** @param {number} bytes */
const gib = (bytes) => `${(bytes / 2 ** 30).toFixed(0)} GiB`;
/** @param {number} bytes */
const megabytes = (bytes) => `${(bytes / 1e6).toFixed(0)} MB`;
