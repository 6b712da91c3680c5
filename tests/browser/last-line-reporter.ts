// Ends a test run with one line for scripts: "N passed, N failed".
import type { Reporter, TestCase, TestResult } from '@playwright/test/reporter';

export default class LastLine implements Reporter {
  #outcomes = new Map<string, TestResult['status']>();

  onTestEnd(test: TestCase, result: TestResult): void {
    this.#outcomes.set(test.id, result.status);
  }

  async onExit(): Promise<void> {
    const all = [...this.#outcomes.values()];
    const passed = all.filter(status => status === 'passed').length;
    const skipped = all.filter(status => status === 'skipped').length;
    const tail = skipped > 0 ? `, ${skipped} skipped` : '';
    process.stdout.write(`${passed} passed, ${all.length - passed - skipped} failed${tail}\n`);
  }
}
