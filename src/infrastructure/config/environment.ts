export type Environment = Readonly<Record<string, string | undefined>>;

/** Every bad variable of the environment at once, one a line, without any value that could be a secret. */
export class ConfigurationError extends Error {
  constructor(readonly problems: readonly string[]) {
    super(`The configuration is not usable:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`);
    this.name = 'ConfigurationError';
  }
}

/**
 * Reads variables and collects what is wrong with them instead of stopping at the first. A variable that is set but empty
 * counts as not set, because that is what `docker-compose` makes of one that the host does not have.
 */
export class EnvironmentReader {
  private readonly problems: string[] = [];

  constructor(private readonly environment: Environment) {}

  raw(name: string): string | null {
    const value = this.environment[name]?.trim();
    return value === undefined || value === '' ? null : value;
  }

  problem(name: string, what: string): void {
    this.problems.push(`${name} ${what}`);
  }

  /** @throws ConfigurationError naming every problem that was found. */
  finish(): void {
    if (this.problems.length > 0) throw new ConfigurationError(this.problems);
  }

  text(name: string, fallback: string): string {
    return this.raw(name) ?? fallback;
  }

  required(name: string, purpose: string): string {
    const value = this.raw(name);
    if (value === null) this.problem(name, `is missing: ${purpose}`);
    return value ?? '';
  }

  oneOf<T extends string>(name: string, allowed: readonly T[], fallback: T): T {
    const value = this.raw(name);
    if (value === null) return fallback;
    const found = allowed.find((candidate) => candidate === value);
    if (found === undefined) this.problem(name, `must be one of ${allowed.join(', ')}`);
    return found ?? fallback;
  }

  integer(name: string, fallback: number, range: { min: number; max: number }): number {
    const value = this.raw(name);
    if (value === null) return fallback;
    const number = /^\d{1,12}$/.test(value) ? Number(value) : Number.NaN;
    if (number >= range.min && number <= range.max) return number;
    this.problem(name, `must be a whole number from ${range.min} to ${range.max}`);
    return fallback;
  }

  fraction(name: string, fallback: number): number {
    const value = this.raw(name);
    if (value === null) return fallback;
    const number = /^(0|1|0?\.\d{1,9}|1\.0{1,9})$/.test(value) ? Number(value) : Number.NaN;
    if (number >= 0 && number <= 1) return number;
    this.problem(name, 'must be a number from 0 to 1');
    return fallback;
  }

  /** Comma-separated, empty members dropped. */
  list(name: string, fallback: readonly string[]): readonly string[] {
    const value = this.raw(name);
    if (value === null) return fallback;
    return value
      .split(',')
      .map((member) => member.trim())
      .filter((member) => member !== '');
  }

  /** A URL with one of the protocols given (`https:`); null where it is missing or wrong, which has then been noted. */
  url(name: string, value: string, protocols: readonly string[]): URL | null {
    if (value === '') return null;
    const url = URL.canParse(value) ? new URL(value) : null;
    if (url !== null && protocols.includes(url.protocol)) return url;
    this.problem(name, `must be a URL that starts with ${protocols.map((protocol) => `${protocol}//`).join(' or ')}`);
    return null;
  }
}
