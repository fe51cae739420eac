import { AllCursor, StreamCursor, type Cursor } from '../reading/cursors';
import { compileFilter } from '../reading/event-filter';
import type { StreamView } from '../reading/stream-view';
import type { Tail } from '../reading/tail';
import type { GroupWrite, LogStore } from '../storage/log-store';
import { recordGroups } from '../system-events';
import type { GroupCommit } from '../streams/group-commit';
import type { StreamWriter } from '../streams/stream-writer';
import type { GrpcError } from '../wire/grpc-status';
import { Checkpointer } from './checkpointer';
import { type GroupDefinition, ALL, groupId, parkedStream } from './group-settings';
import { GroupRunner } from './group-runner';
import { ParkedMessages } from './parked-messages';

const DEFINITION = 'group:';
const CHECKPOINT = 'checkpoint:';

export interface RegistryParts {
  readonly store: LogStore;
  readonly commit: GroupCommit;
  readonly writer: StreamWriter;
  readonly view: StreamView;
  readonly tail: Tail;
}

/** All groups: their definitions and checkpoints on disk, and the runner of each. */
export class GroupRegistry {
  private readonly runners = new Map<string, GroupRunner>();

  constructor(private readonly parts: RegistryParts) {
    this.load();
  }

  get(stream: string, group: string): GroupRunner | undefined {
    return this.runners.get(keyOf(stream, group));
  }

  /** Groups in the order of their names. */
  list(stream?: string): GroupRunner[] {
    return [...this.runners.values()]
      .filter(({ definition }) => stream === undefined || definition.stream === stream)
      .sort((a, b) =>
        keyOf(a.definition.stream, a.definition.group) < keyOf(b.definition.stream, b.definition.group) ? -1 : 1,
      );
  }

  /** Adds a group; resolves when it is on disk. */
  async create(definition: GroupDefinition): Promise<void> {
    const key = keyOf(definition.stream, definition.group);
    this.runners.set(key, this.run(definition, undefined));
    await this.save([{ key: DEFINITION + key, value: JSON.stringify(definition) }]);
  }

  /** Gives a group other settings: its consumers are dropped, its checkpoint is kept. */
  async update(runner: GroupRunner, definition: GroupDefinition): Promise<void> {
    const key = keyOf(definition.stream, definition.group);
    await runner.stop();
    this.runners.set(key, this.run(definition, runner.checkpointer.last));
    await this.save([{ key: DEFINITION + key, value: JSON.stringify(definition) }]);
  }

  async delete(runner: GroupRunner): Promise<void> {
    const { stream, group } = runner.definition;
    const key = keyOf(stream, group);
    this.runners.delete(key);
    await runner.stop();
    runner.parked.delete();
    await this.save([
      { key: DEFINITION + key, value: undefined },
      { key: CHECKPOINT + key, value: undefined },
    ]);
  }

  /** Stops every group and loads all of them anew. */
  async restart(): Promise<void> {
    await this.stop();
    this.load();
  }

  /** Stops every group; `error` ends their consumers' calls. */
  async stop(error?: GrpcError): Promise<void> {
    const running = [...this.runners.values()];
    this.runners.clear();
    await Promise.all(running.map((runner) => runner.stop(error)));
  }

  private save(writes: readonly GroupWrite[]): Promise<void> {
    recordGroups(
      this.parts.writer,
      this.list().map(({ definition }) => definition),
    );
    return this.parts.commit.addGroupWrites(writes);
  }

  private load(): void {
    const entries = new Map(this.parts.store.groupEntries().map(({ key, value }) => [key, value]));
    for (const [key, value] of entries) {
      if (!key.startsWith(DEFINITION)) continue;
      const name = key.slice(DEFINITION.length);
      const checkpoint = entries.get(CHECKPOINT + name);
      this.runners.set(
        name,
        this.run(parseDefinition(value), checkpoint === undefined ? undefined : Number(checkpoint)),
      );
    }
  }

  private run(definition: GroupDefinition, checkpoint: number | undefined): GroupRunner {
    const { stream, group, settings } = definition;
    const key = CHECKPOINT + keyOf(stream, group);
    const checkpointer = new Checkpointer(settings, checkpoint, definition.startAfter, (value) =>
      this.parts.commit.addGroupWrites([{ key, value: String(value) }]),
    );
    const parked = new ParkedMessages(parkedStream(stream, group), this.parts.view, this.parts.writer);
    const cursor = this.cursorOf(definition, checkpoint ?? definition.startAfter);
    return new GroupRunner({ definition, cursor, checkpointer, parked, view: this.parts.view, tail: this.parts.tail });
  }

  private cursorOf({ stream, filter }: GroupDefinition, after: number): Cursor {
    const { tail, view } = this.parts;
    if (stream !== ALL) return new StreamCursor(view, tail, stream, after + 1);
    return new AllCursor(tail, after, filter && compileFilter(filter));
  }
}

const keyOf = (stream: string, group: string): string => groupId(stream, group);

function parseDefinition(json: string): GroupDefinition {
  const definition: GroupDefinition = JSON.parse(json);
  return definition;
}
