/** Closes a run with what was skipped and why, and with one plain line for programs that read it. */
import type { Reporter, TestCase, TestModule } from 'vitest/node';

export default class CountReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const counts = { passed: 0, failed: 0, skipped: 0, pending: 0 };
    const skipped: string[] = [];
    for (const module of modules) {
      if (module.state() === 'failed' && [...module.children.allTests()].length === 0)
        counts.failed += 1;
      for (const test of module.children.allTests()) {
        counts[test.result().state] += 1;
        if (test.result().state === 'skipped') skipped.push(describeSkipped(test));
      }
    }
    const lines = skipped.map((line) => `skipped: ${line}\n`);
    const { passed, failed, skipped: number } = counts;
    process.stdout.write(
      `\n${lines.join('')}${passed} passed, ${failed} failed, ${number} skipped\n`,
    );
  }
}

function describeSkipped(test: TestCase): string {
  const result = test.result();
  const reason = result.state === 'skipped' ? result.note : undefined;
  const name = `${test.module.relativeModuleId}: ${test.fullName}`;
  return reason === undefined ? name : `${name} (${reason})`;
}
