/** Which methods each address answers, for `405` and its `Allow`. */
export class RouteTable {
  private readonly routes: { readonly pattern: RegExp; readonly methods: Set<string> }[] = [];
  private readonly byUrl = new Map<string, Set<string>>();

  /** @param url as the router takes it: `/v1/messages/:id` */
  add(url: string, methods: string | readonly string[]): void {
    // A wildcard only serves what nothing else does: it must not make every unknown address a known one.
    if (url.includes('*')) return;
    let known = this.byUrl.get(url);
    if (known === undefined) {
      known = new Set();
      this.byUrl.set(url, known);
      const source = url
        .split('/')
        .map((part) => (part.startsWith(':') ? '[^/]+' : part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')))
        .join('/');
      this.routes.push({ pattern: new RegExp(`^${source}$`), methods: known });
    }
    for (const method of typeof methods === 'string' ? [methods] : methods) known.add(method.toUpperCase());
  }

  /** The methods of the address in a request target, sorted; empty where there is no such address. */
  methodsAt(target: string): readonly string[] {
    const path = target.split('?', 1)[0] ?? '';
    // An address with a name of its own may have more methods as one of many: POST batch beside GET {id}.
    const fitting = this.routes.filter(({ pattern }) => pattern.test(path));
    return [...new Set(fitting.flatMap(({ methods }) => [...methods]))].sort();
  }
}
