import { ServerFeaturesService } from '@eventstore/db-client/generated/serverfeatures_grpc_pb';
import type { ConnectionSource } from './connection-source';

const LOOK_EVERY_MS = 2_000;
const SILENT_AFTER_MS = 4_000;
const ANSWER_DEADLINE_MS = 3_000;
const EMPTY_REQUEST = Buffer.alloc(0);

/**
 * A subscription that hears nothing cannot tell a quiet log from a dead connection. So a connection that has been silent for
 * some seconds is asked something small, and replaced where no answer comes: its calls end, and their owners subscribe anew.
 * A dead one is left within nine seconds, where HTTP/2 keep-alive would take twenty.
 */
export class SilenceWatch {
  private readonly timer: NodeJS.Timeout;
  private asking = false;

  constructor(
    private readonly connections: ConnectionSource,
    lookEveryMs = LOOK_EVERY_MS,
    private readonly silentAfterMs = SILENT_AFTER_MS,
    private readonly answerDeadlineMs = ANSWER_DEADLINE_MS,
  ) {
    this.timer = setInterval(() => void this.look(), lookEveryMs);
    this.timer.unref();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  private async look(): Promise<void> {
    const connection = this.connections.current;
    if (this.asking || performance.now() - connection.heardAtMs < this.silentAfterMs) return;
    this.asking = true;
    try {
      await connection.unary(ServerFeaturesService.getSupportedMethods, EMPTY_REQUEST, this.answerDeadlineMs);
    } catch (error) {
      this.connections.replace(connection, `silent, and asked without an answer: ${String(error)}`);
      connection.close();
    } finally {
      this.asking = false;
    }
  }
}
