// What an EventStoreDB-compatible server puts on the wire: sends each request through the service definitions in @eventstore/db-client/generated and prints one JSON line a
// scenario: every message that came back, in order, then the final status and its trailers. Ids, times and positions are named, not
// printed. Answers on one batch call come in the order in which they are done, so two runs can differ there.
// Needs: npm i @eventstore/db-client ; ESDB_ADDRESS (default 127.0.0.1:2113). Argument: a part of a scenario's name.
const path = require('node:path');
const { randomUUID } = require('node:crypto');
const root = path.dirname(require.resolve('@eventstore/db-client/package.json'));
const grpc = require(require.resolve('@grpc/grpc-js', { paths: [root] }));
const gen = (f) => require(path.join(root, 'generated', f));
const { StreamsClient } = gen('streams_grpc_pb'),
  st = gen('streams_pb'),
  sh = gen('shared_pb');
const { PersistentSubscriptionsClient } = gen('persistent_grpc_pb'),
  ps = gen('persistent_pb');
const { ServerFeaturesClient } = gen('serverfeatures_grpc_pb'),
  { GossipClient } = gen('gossip_grpc_pb');
const address = process.env.ESDB_ADDRESS || '127.0.0.1:2113',
  run = Date.now().toString(36),
  only = process.argv[2];
const cred = grpc.credentials.createInsecure(),
  make = (C) => new C(address, cred, { 'grpc.max_receive_message_length': -1 });
const streams = make(StreamsClient),
  persistent = make(PersistentSubscriptionsClient),
  features = make(ServerFeaturesClient),
  gossip = make(GossipClient);
const S = (n) => `wire${run}-${n}`,
  empty = () => new sh.Empty();
const ident = (s) => {
  const i = new sh.StreamIdentifier();
  i.setStreamName(Buffer.from(s));
  return i;
};
const uuid = (id = randomUUID()) => {
  const u = new sh.UUID();
  u.setString(id);
  return u;
};
const text = (b64) => Buffer.from(b64 ?? '', 'base64').toString('utf8');
const seen = new Map();
const alias = (kind, v) => {
  const k = `${kind}:${v}`;
  if (!seen.has(k)) seen.set(k, `<${kind}>`);
  return seen.get(k);
};
function tidy(v, key) {
  if (v === undefined || v === null || v === '' || v === false) return undefined;
  if (Array.isArray(v)) {
    if (/Map$/.test(key ?? ''))
      return Object.fromEntries(
        v.map(([k, x]) => [
          k,
          k === 'created' ? (Math.abs(Number(x) / 1e4 - Date.now()) < 864e5 ? '<now, in 100 ns since 1970>' : x) : x,
        ]),
      );
    const a = v.map((x) => tidy(x));
    return a.length ? a : undefined;
  }
  if (typeof v === 'object') {
    if ('structured' in v || ('string' in v && Object.keys(v).length <= 2))
      return v.string ? '<uuid as string>' : v.structured ? '<uuid as two int64>' : undefined;
    const o = {};
    for (const [k, x] of Object.entries(v)) {
      const t = tidy(x, k);
      if (t !== undefined) o[k] = t;
    }
    if (o.commitPosition && !o.preparePosition) o.commitPosition = '<position>';
    if (o.commitPosition && o.preparePosition) {
      o.preparePosition = o.preparePosition === o.commitPosition ? '<position>' : '<other position>';
      o.commitPosition = '<position>';
    }
    return o;
  }
  if (/^(streamName)$/.test(key ?? '')) return text(v).replaceAll(run, 'RUN');
  if (/^(data|customMetadata)$/.test(key ?? '')) return `text:${text(v)}`.replaceAll(run, 'RUN').slice(0, 200);
  if (/^(commitPosition|preparePosition)$/.test(key ?? '')) return String(v);
  if (/^(subscriptionId|timeStamp)$/.test(key ?? '') && !/::/.test(v)) return alias(key, 'any');
  if (key === 'value') return `bytes:${v.length}`;
  return typeof v === 'string' ? v.replaceAll(run, 'RUN').slice(0, 200) : v;
}
const trailers = (m) =>
  Object.fromEntries(
    Object.entries(m?.getMap?.() ?? {})
      .filter(([k]) => !['date', 'server', 'content-type', 'content-length'].includes(k))
      .map(([k, v]) => [k, String(v).replaceAll(run, 'RUN').slice(0, 160)]),
  );
const details = (any) => {
  if (!any) return undefined;
  const name = any.getTypeUrl().split('.').pop();
  const C = {
    WrongExpectedVersion: sh.WrongExpectedVersion,
    StreamDeleted: sh.StreamDeleted,
    MaximumAppendSizeExceeded: sh.MaximumAppendSizeExceeded,
    BadRequest: sh.BadRequest,
    Timeout: sh.Timeout,
    Unknown: sh.Unknown,
    AccessDenied: sh.AccessDenied,
  }[name];
  return {
    typeUrl: any.getTypeUrl(),
    value: C
      ? (tidy(C.deserializeBinary(any.getValue_asU8()).toObject()) ?? {})
      : `bytes:${any.getValue_asU8().length}`,
  };
};
const show = (m) => {
  const o = tidy(m.toObject()) ?? {};
  for (const k of ['firstStreamPosition', 'lastStreamPosition', 'streamPosition']) {
    const has = m[`has${k[0].toUpperCase()}${k.slice(1)}`];
    if (has && !has.call(m)) delete o[k];
  }
  if (m.getError?.()?.getDetails)
    o.error = {
      code: m.getError().getCode(),
      message: m.getError().getMessage().replaceAll(run, 'RUN'),
      details: details(m.getError().getDetails()),
    };
  return o;
};
const fail = (e) => ({
  code: e.code,
  status: grpc.status[e.code],
  details: e.details?.replaceAll(run, 'RUN').slice(0, 200),
  trailers: trailers(e.metadata),
});
const unary = (client, method, req, options = {}) =>
  new Promise((done) => client[method](req, new grpc.Metadata(), options, (e, m) => done(e ? fail(e) : show(m))));
// Collects until the stream ends or `ms` passes without anything new, or `n` messages.
const collect = (call, { ms = 1500, n = 60, each } = {}) =>
  new Promise((done) => {
    const out = [];
    let t,
      over = false;
    const end = (x) => {
      if (over) return;
      over = true;
      clearTimeout(t);
      if (x) out.push(x);
      call.cancel?.();
      done([...out]);
    };
    const again = () => {
      clearTimeout(t);
      t = setTimeout(() => end({ still: 'open' }), ms);
    };
    again();
    call.on('data', (m) => {
      if (over) return;
      out.push(show(m));
      each?.(m, call);
      out.length >= n ? end() : again();
    });
    call.on('error', (e) => end(fail(e)));
    call.on('end', () => setTimeout(() => end({ end: true }), 50));
  });
const proposed = (type, body = '{"n":1}', id) => {
  const m = new st.BatchAppendReq.ProposedMessage();
  m.setId(uuid(id));
  m.getMetadataMap().set('type', type);
  m.getMetadataMap().set('content-type', 'application/json');
  m.setData(Buffer.from(body));
  return m;
};
const batch = (s, setExpected, messages, { corr = randomUUID(), final = true, options = true } = {}) => {
  const r = new st.BatchAppendReq();
  r.setCorrelationId(uuid(corr));
  r.setIsFinal(final);
  if (options) {
    const o = new st.BatchAppendReq.Options();
    o.setStreamIdentifier(ident(s));
    setExpected(o);
    r.setOptions(o);
  }
  r.setProposedMessagesList(messages);
  return r;
};
const any = (o) => o.setAny(empty()),
  none = (o) => o.setNoStream(empty()),
  exists = (o) => o.setStreamExists(empty()),
  at = (n) => (o) => (o.setStreamPosition ? o.setStreamPosition(String(n)) : o.setRevision(String(n)));
const batchCall = async (reqs, o) => {
  const call = streams.batchAppend(new grpc.Metadata());
  const got = collect(call, o);
  for (const r of reqs) call.write(r);
  return got;
};
const put = (s, k = 1, type = 'Wire') =>
  batchCall(
    [
      batch(
        s,
        any,
        Array.from({ length: k }, (_, i) => proposed(type, JSON.stringify({ n: i }))),
      ),
    ],
    { n: 1 },
  );
const appendCall = (s, setExpected, k = 1, type = 'Wire') =>
  new Promise((done) => {
    const call = streams.append(new grpc.Metadata(), (e, m) => done(e ? fail(e) : show(m)));
    const o = new st.AppendReq.Options();
    o.setStreamIdentifier(ident(s));
    setExpected(o);
    const r = new st.AppendReq();
    r.setOptions(o);
    call.write(r);
    for (let i = 0; i < k; i++) {
      const p = new st.AppendReq.ProposedMessage();
      p.setId(uuid());
      p.getMetadataMap().set('type', type);
      p.getMetadataMap().set('content-type', 'application/json');
      p.setData(Buffer.from('{}'));
      const q = new st.AppendReq();
      q.setProposedMessage(p);
      call.write(q);
    }
    call.end();
  });
const readReq = (fill) => {
  const o = new st.ReadReq.Options();
  const u = new st.ReadReq.Options.UUIDOption();
  u.setString(empty());
  o.setUuidOption(u);
  const c = new st.ReadReq.Options.ControlOption();
  c.setCompatibility(1);
  o.setControlOption(c);
  o.setResolveLinks(false);
  o.setNoFilter(empty());
  fill(o);
  const r = new st.ReadReq();
  r.setOptions(o);
  return r;
};
const streamOpt = (o, s, { end, rev } = {}) => {
  const x = new st.ReadReq.Options.StreamOptions();
  x.setStreamIdentifier(ident(s));
  rev !== undefined ? x.setRevision(String(rev)) : end ? x.setEnd(empty()) : x.setStart(empty());
  o.setStream(x);
};
const allOpt = (o, { end, pos } = {}) => {
  const x = new st.ReadReq.Options.AllOptions();
  if (pos) {
    const p = new st.ReadReq.Options.Position();
    p.setCommitPosition(String(pos[0]));
    p.setPreparePosition(String(pos[1]));
    x.setPosition(p);
  } else end ? x.setEnd(empty()) : x.setStart(empty());
  o.setAll(x);
};
const read = (fill, o) => collect(streams.read(readReq(fill), new grpc.Metadata()), o);
const subscribe = (o) => o.setSubscription(new st.ReadReq.Options.SubscriptionOptions());
const filter = (o, { prefix, regex, on = 'type', max = 32, mult = 1 }) => {
  const f = new st.ReadReq.Options.FilterOptions(),
    e = new st.ReadReq.Options.FilterOptions.Expression();
  if (prefix) e.setPrefixList([prefix]);
  if (regex) e.setRegex(regex);
  on === 'type' ? f.setEventType(e) : f.setStreamIdentifier(e);
  f.setMax(max);
  f.setCheckpointintervalmultiplier(mult);
  o.clearNoFilter?.();
  o.setFilter(f);
};
const wait = (ms) => new Promise((r) => setTimeout(r, ms));
const list = [];
const scenario = (name, fn) => list.push({ name, fn });

scenario('server features', () => unary(features, 'getSupportedMethods', empty()));
scenario('gossip of a single node', () => unary(gossip, 'read', empty()));
scenario('batch append: three requests on one call, answered as they are done', () => {
  const s = S('b1');
  return batchCall(
    [batch(s, none, [proposed('A'), proposed('B')]), batch(s, at(1), [proposed('C')]), batch(s, none, [proposed('D')])],
    { n: 3 },
  );
});
scenario('batch append: one append in two chunks', () => {
  const s = S('b2'),
    corr = randomUUID();
  return batchCall([
    batch(s, none, [proposed('A')], { corr, final: false }),
    batch(s, none, [proposed('B')], { corr, options: false }),
  ]);
});
scenario('batch append: expected any, exists, revision, none on a stream at 1', async () => {
  const s = S('b3');
  await put(s, 2);
  return batchCall(
    [
      batch(s, any, [proposed('A')]),
      batch(s, exists, [proposed('B')]),
      batch(s, at(9), [proposed('C')]),
      batch(s, none, [proposed('D')]),
    ],
    { n: 4 },
  );
});
scenario('batch append: conflict on a missing stream', () =>
  batchCall([batch(S('b4'), at(5), [proposed('A')]), batch(S('b4'), exists, [proposed('A')])], { n: 2 }),
);
scenario('batch append: no correlation match, not final only', () =>
  batchCall([batch(S('b5'), any, [proposed('A')], { options: false })], { ms: 800 }),
);
scenario('batch append: not final, then nothing (server time-out)', () =>
  batchCall([batch(S('b6'), any, [proposed('A')], { final: false })], { ms: 3500 }),
);
scenario('batch append: empty type answers twice', () =>
  batchCall([batch(S('b7'), any, [proposed('')])], { ms: 3500 }),
);
scenario('batch append: no expected position', () =>
  batchCall([batch(S('b8'), () => {}, [proposed('A')])], { ms: 800 }),
);
scenario('batch append: too large', () =>
  batchCall([batch(S('b9'), any, [proposed('A', `"${'x'.repeat(1_100_000)}"`)])], { ms: 800 }),
);
scenario('batch append: deleted stream', async () => {
  const s = S('b10');
  await put(s);
  const t = new st.TombstoneReq(),
    o = new st.TombstoneReq.Options();
  o.setStreamIdentifier(ident(s));
  o.setAny(empty());
  t.setOptions(o);
  await unary(streams, 'tombstone', t);
  return batchCall([batch(s, any, [proposed('A')])], { n: 1 });
});
scenario('batch append: half-close after the last request', async () => {
  const call = streams.batchAppend(new grpc.Metadata());
  const got = collect(call, { ms: 1500 });
  call.write(batch(S('b11'), any, [proposed('A')]));
  call.end();
  return got;
});
scenario('append: any, none, conflict', async () => {
  const s = S('a1');
  return [
    await appendCall(s, (o) => o.setNoStream(empty()), 2),
    await appendCall(s, (o) => o.setAny(empty())),
    await appendCall(s, (o) => o.setNoStream(empty())),
    await appendCall(s, (o) => o.setRevision('0')),
    await appendCall(s, (o) => o.setStreamExists(empty())),
  ];
});
scenario('append: nothing', async () => [
  await appendCall(S('a2'), (o) => o.setAny(empty()), 0),
  await appendCall(S('a2'), (o) => o.setNoStream(empty()), 0),
]);
scenario('append: empty type, empty stream name', async () => [
  await appendCall(S('a3'), (o) => o.setAny(empty()), 1, ''),
  await appendCall('', (o) => o.setAny(empty())),
]);
scenario('read a stream: two events', async () => {
  const s = S('r1');
  await put(s, 2);
  return read((o) => {
    streamOpt(o, s);
    o.setReadDirection(0);
    o.setCount('10');
  });
});
scenario('read a stream: without the compatibility option', async () => {
  const s = S('r1');
  return collect(
    streams.read(
      (() => {
        const r = readReq((o) => {
          streamOpt(o, s);
          o.setCount('10');
          o.clearControlOption();
        });
        return r;
      })(),
      new grpc.Metadata(),
    ),
  );
});
scenario('read a stream: backwards, one', async () =>
  read((o) => {
    streamOpt(o, S('r1'), { end: true });
    o.setReadDirection(1);
    o.setCount('1');
  }),
);
scenario('read a stream: beyond its end', async () =>
  read((o) => {
    streamOpt(o, S('r1'), { rev: 50 });
    o.setCount('5');
  }),
);
scenario('read a stream: truncated to nothing', async () => {
  const s = S('r2');
  await put(s, 2);
  await put(`$$${s}`, 0);
  const m = batch(`$$${s}`, any, [proposed('$metadata', '{"$tb":2}')]);
  await batchCall([m], { n: 1 });
  return read((o) => {
    streamOpt(o, s);
    o.setCount('5');
  });
});
scenario('read a missing stream', () =>
  read((o) => {
    streamOpt(o, S('none'));
    o.setCount('5');
  }),
);
scenario('read: count 0, unknown direction, no stream', async () => [
  await read((o) => {
    streamOpt(o, S('r1'));
    o.setCount('0');
  }),
  await read((o) => {
    o.setCount('1');
  }),
]);
scenario('read: uuids structured', async () =>
  read((o) => {
    streamOpt(o, S('r1'));
    o.setCount('1');
    const u = new st.ReadReq.Options.UUIDOption();
    u.setStructured(empty());
    o.setUuidOption(u);
  }),
);
scenario('read $all: first event, backwards one', async () => [
  (
    await read((o) => {
      allOpt(o);
      o.setCount('1');
    })
  ).length,
  await read((o) => {
    allOpt(o, { end: true });
    o.setReadDirection(1);
    o.setCount('1');
  }),
]);
scenario('read $all: not a record', () =>
  read((o) => {
    allOpt(o, { pos: [3, 3] });
    o.setCount('1');
  }),
);
scenario('read $all: filtered by type', async () => {
  await put(S('f0'), 2, `F${run}`);
  return read((o) => {
    allOpt(o);
    o.setCount('10');
    filter(o, { prefix: `F${run}` });
  });
});
scenario('read $all: bad regular expression', () =>
  read((o) => {
    allOpt(o);
    o.setCount('10');
    filter(o, { regex: '(' });
  }),
);
scenario('subscribe to a stream: two, caught up, one live', async () => {
  const s = S('s1');
  await put(s, 2);
  const p = read(
    (o) => {
      streamOpt(o, s);
      subscribe(o);
    },
    { ms: 1500 },
  );
  await wait(700);
  await put(s, 1, 'Live');
  return p;
});
scenario('subscribe to a missing stream', () =>
  read(
    (o) => {
      streamOpt(o, S('s2'));
      subscribe(o);
    },
    { ms: 1000 },
  ),
);
scenario('subscribe to a stream from its last revision', async () =>
  read(
    (o) => {
      streamOpt(o, S('s1'), { rev: 2 });
      subscribe(o);
    },
    { ms: 1000 },
  ),
);
scenario('subscribe to a tombstoned stream', async () =>
  read(
    (o) => {
      streamOpt(o, S('b10'));
      subscribe(o);
    },
    { ms: 1000 },
  ),
);
scenario('subscribe to $all: from the end, one live', async () => {
  const p = read(
    (o) => {
      allOpt(o, { end: true });
      subscribe(o);
    },
    { ms: 1500 },
  );
  await wait(700);
  await put(S('s3'), 1, 'Live');
  return p;
});
scenario('subscribe to $all: filtered, checkpoints while catching up and live', async () => {
  for (let i = 0; i < 4; i++) await put(S(`noise${i}`), 40, 'Noise');
  await put(S('s4'), 2, `G${run}`);
  const p = read(
    (o) => {
      allOpt(o);
      subscribe(o);
      filter(o, { prefix: `G${run}`, max: 32, mult: 1 });
    },
    { ms: 1500 },
  );
  await wait(900);
  for (let i = 0; i < 2; i++) await put(S('noise9'), 40, 'Noise');
  await put(S('s4'), 1, `G${run}`);
  const out = await p;
  return {
    kinds: out
      .map((m) => Object.keys(m).join('+') + (m.event ? `:${m.event.event?.streamRevision ?? 0}` : ''))
      .reduce((a, k) => {
        const l = a.at(-1);
        if (l && l[0] === k) l[1]++;
        else a.push([k, 1]);
        return a;
      }, []),
    first: out.slice(0, 2),
    checkpoint: out.find((m) => m.checkpoint),
  };
});
const del = (s, set, m = 'delete', C = st.DeleteReq) => {
  const r = new C(),
    o = new C.Options();
  o.setStreamIdentifier(ident(s));
  set(o);
  r.setOptions(o);
  return unary(streams, m, r);
};
scenario('delete, delete again, missing, wrong revision', async () => {
  const s = S('d1');
  await put(s, 2);
  return [
    await del(s, (o) => o.setRevision('0')),
    await del(s, (o) => o.setAny(empty())),
    await del(s, (o) => o.setAny(empty())),
    await del(S('d2'), (o) => o.setAny(empty())),
    await del(S('d2'), (o) => o.setStreamExists(empty())),
  ];
});
scenario('tombstone, again, then read', async () => {
  const s = S('d3');
  await put(s, 1);
  return [
    await del(s, (o) => o.setAny(empty()), 'tombstone', st.TombstoneReq),
    await del(s, (o) => o.setAny(empty()), 'tombstone', st.TombstoneReq),
    await read((o) => {
      streamOpt(o, s);
      o.setCount('5');
    }),
  ];
});
const settings = (C, over = {}) => {
  const x = new C.Settings();
  x.setResolveLinks(false);
  x.setExtraStatistics(false);
  x.setMaxRetryCount(over.retry ?? 10);
  x.setMinCheckpointCount(10);
  x.setMaxCheckpointCount(1000);
  x.setMaxSubscriberCount(over.max ?? 0);
  x.setLiveBufferSize(500);
  x.setReadBatchSize(20);
  x.setHistoryBufferSize(500);
  x.setMessageTimeoutMs(30000);
  x.setCheckpointAfterMs(2000);
  x.setConsumerStrategy?.(over.strategy ?? 'RoundRobin');
  return x;
};
const create = (s, g, over) => {
  const r = new ps.CreateReq(),
    o = new ps.CreateReq.Options(),
    x = new ps.CreateReq.StreamOptions();
  x.setStreamIdentifier(ident(s));
  x.setStart(empty());
  o.setStream(x);
  o.setStreamIdentifier(ident(s));
  o.setGroupName(g);
  o.setSettings(settings(ps.CreateReq, over));
  r.setOptions(o);
  return unary(persistent, 'create', r);
};
const pread = (s, g, o = {}, buffer = 10) => {
  const call = persistent.read(new grpc.Metadata());
  const got = collect(call, { ms: 2500, ...o });
  const r = new ps.ReadReq(),
    x = new ps.ReadReq.Options(),
    u = new ps.ReadReq.Options.UUIDOption();
  u.setString(empty());
  x.setUuidOption(u);
  x.setStreamIdentifier(ident(s));
  x.setGroupName(g);
  x.setBufferSize(buffer);
  r.setOptions(x);
  call.write(r);
  return got;
};
const nack = (m, action) => {
  const r = new ps.ReadReq(),
    k = new ps.ReadReq.Nack();
  k.setAction(action);
  k.setReason('no');
  k.setIdsList([m.getEvent().getEvent().getId()]);
  r.setNack(k);
  return r;
};
const ack = (m) => {
  const r = new ps.ReadReq(),
    k = new ps.ReadReq.Ack();
  k.setIdsList([m.getEvent().getEvent().getId()]);
  r.setAck(k);
  return r;
};
scenario('persistent: create twice, unknown strategy, bad settings', async () => [
  await create(S('p1'), 'g'),
  await create(S('p1'), 'g'),
  await create(S('p1'), 'h', { strategy: 'Nope' }),
]);
scenario('persistent: read, nack with retry once, ack', async () => {
  const s = S('p2');
  await put(s, 2);
  await create(s, 'g');
  let k = 0;
  return pread(s, 'g', {
    each: (m, call) => {
      if (!m.hasEvent()) return;
      call.write(k++ === 0 ? nack(m, ps.ReadReq.Nack.Action.RETRY) : ack(m));
    },
  });
});
scenario('persistent: buffer of one, nothing acked', async () => {
  const s = S('p3');
  await put(s, 3);
  await create(s, 'g');
  return pread(s, 'g', { ms: 1000 }, 1);
});
scenario('persistent: ack of an unknown id, first message without options', async () => {
  const s = S('p4');
  await put(s, 1);
  await create(s, 'g');
  const a = await pread(s, 'g', {
    ms: 1000,
    each: (m, call) => {
      if (m.hasEvent()) {
        const r = new ps.ReadReq(),
          k = new ps.ReadReq.Ack();
        k.setIdsList([uuid()]);
        r.setAck(k);
        call.write(r);
      }
    },
  });
  const call = persistent.read(new grpc.Metadata());
  const got = collect(call, { ms: 1000 });
  const r = new ps.ReadReq(),
    k = new ps.ReadReq.Ack();
  k.setIdsList([uuid()]);
  r.setAck(k);
  call.write(r);
  return [a, await got];
});
scenario('persistent: missing group, too many consumers, dropped by delete', async () => {
  const s = S('p5');
  const a = await pread(s, 'none');
  await create(s, 'g', { max: 1 });
  const one = pread(s, 'g', { ms: 2500 });
  await wait(400);
  const two = await pread(s, 'g');
  const r = new ps.DeleteReq(),
    o = new ps.DeleteReq.Options();
  o.setStreamIdentifier(ident(s));
  o.setGroupName('g');
  r.setOptions(o);
  const d = await unary(persistent, 'delete', r);
  return [a, two, d, await one, await unary(persistent, 'delete', r)];
});
scenario('persistent: info with one connection', async () => {
  const s = S('p6');
  await put(s, 2);
  await create(s, 'g');
  const p = pread(s, 'g', { ms: 2500 });
  await wait(800);
  const r = new ps.GetInfoReq(),
    o = new ps.GetInfoReq.Options();
  o.setStreamIdentifier(ident(s));
  o.setGroupName('g');
  r.setOptions(o);
  const i = await unary(persistent, 'getInfo', r);
  await p;
  return i;
});
scenario('persistent: replay parked, missing group', async () => {
  const r = new ps.ReplayParkedReq(),
    o = new ps.ReplayParkedReq.Options();
  o.setGroupName('none');
  o.setStreamIdentifier(ident(S('p7')));
  o.setNoLimit(empty());
  r.setOptions(o);
  return unary(persistent, 'replayParked', r);
});
scenario('persistent: list of nothing', async () => {
  const r = new ps.ListReq(),
    o = new ps.ListReq.Options();
  o.setListAllSubscriptions(empty());
  r.setOptions(o);
  const l = await unary(persistent, 'list', r);
  return l.subscriptionsList ? 'a list' : l;
});
scenario(
  'unknown method',
  () =>
    new Promise((done) =>
      streams.makeUnaryRequest(
        '/event_store.client.streams.Streams/Nope',
        (x) => x,
        (x) => x,
        Buffer.alloc(0),
        (e) => done(e ? fail(e) : 'answered'),
      ),
    ),
);

(async () => {
  for (const { name, fn } of list) {
    if (only && !name.includes(only)) continue;
    let got;
    try {
      got = await Promise.race([fn(), wait(20000).then(() => 'no answer in 20 s')]);
    } catch (e) {
      got = { threw: String(e.message).slice(0, 200) };
    }
    console.log(JSON.stringify({ name, got }).replaceAll(run, 'RUN'));
  }
  process.exit(0);
})();
