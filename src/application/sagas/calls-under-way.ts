import { Injectable } from '@nestjs/common';
import { PassingMap } from '../../domain/shared/passing-map';

export interface CallUnderWay {
  readonly messageId: string;
  readonly provider: string;
  readonly subjectId: string;
}

/** Calls that this process has claimed and whose outcome is not yet appended. */
@Injectable()
export class CallsUnderWay {
  private readonly calls = new PassingMap<CallUnderWay, true>();

  begin(call: CallUnderWay): () => void {
    this.calls.set(call, true);
    return () => this.calls.delete(call);
  }

  /** Messages on their way to one of these subjects at this provider. */
  to(provider: string, subjectIds: ReadonlySet<string>): string[] {
    const found: string[] = [];
    for (const call of this.calls.keys()) {
      if (call.provider === provider && subjectIds.has(call.subjectId)) found.push(call.messageId);
    }
    return found;
  }
}
