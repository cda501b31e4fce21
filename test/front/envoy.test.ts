import { execFile, execFileSync } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { create, fromJson, type FileRegistry, type JsonValue } from '@bufbuild/protobuf';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';

import { ROOT } from '../../scripts/run.ts';
import { describeSettings } from '../../server/config.ts';
import { renderEnvoyEndpoints } from '../../server/front/envoy-endpoints.ts';
import { makeTempFolder, removeTempFolder } from '../setup/temp-folder.ts';
import { envoyTypes } from './envoy-api.ts';

const BOOTSTRAP = 'envoy.config.bootstrap.v3.Bootstrap';
const DISCOVERY = 'envoy.service.discovery.v3.DiscoveryResponse';
const TYPE = /type\.googleapis\.com\/([\w.]+)/g;

const UPSTREAMS = [
  { replica: 'a', address: '10.0.0.1:50051', weight: 3 },
  { replica: 'b', address: '[fd00::2]:50052', weight: 1 },
];

const bootstrapText = await readFile(join(ROOT, 'envoy/envoy.yaml'), 'utf8');
const tlsText = await readFile(join(ROOT, 'envoy/tls.yaml'), 'utf8');
const endpointsText = renderEnvoyEndpoints(UPSTREAMS);

let registry: FileRegistry;

beforeAll(async () => {
  const named = [bootstrapText, tlsText, endpointsText].flatMap((text) => [...text.matchAll(TYPE)]);
  registry = await envoyTypes(new Set([BOOTSTRAP, DISCOVERY, ...named.map(([, type]) => type!)]));
});

/** Reads a message as Envoy would: every field known, of the right type, inside of each Any as well. */
function read(type: string, text: string): unknown {
  const schema = registry.getMessage(type);
  if (schema === undefined) throw new Error(`there is no definition of ${type}`);
  // Without an alias, each use of an anchor is a value of its own.
  return fromJson(schema, JSON.parse(JSON.stringify(parse(text))) as JsonValue, { registry });
}

describe('every field of the files is one of Envoy’s', () => {
  test('envoy.yaml', () => {
    expect(read(BOOTSTRAP, bootstrapText)).not.toEqual(create(registry.getMessage(BOOTSTRAP)!));
  });

  test('tls.yaml', () => {
    expect(read(DISCOVERY, tlsText)).toMatchObject({ resources: [expect.anything()] });
  });

  test('the endpoints that parley-lb writes, with replicas and without', () => {
    expect(read(DISCOVERY, endpointsText)).toMatchObject({ resources: [expect.anything()] });
    expect(read(DISCOVERY, renderEnvoyEndpoints([]))).toMatchObject({ resources: [expect.anything()] });
  });
});

describe('what is wrong is refused', () => {
  test.each([
    ['a field at the top', 'static_resources:', 'static_resource:', /static_resource/],
    ['a field inside of an Any', 'stream_idle_timeout:', 'stream_idle_timeouts:', /stream_idle_timeouts/],
    ['a field inside of an Any in an Any', 'json_format:', 'json_formats:', /json_formats/],
    ['a field of a health check', 'unhealthy_threshold:', 'unhealty_threshold:', /unhealty_threshold/],
    ['the value of an enum', 'tls_minimum_protocol_version: TLSv1_2', 'tls_minimum_protocol_version: TLS12', /TLS12/],
    ['a duration', 'connect_timeout: 2s', 'connect_timeout: 2 seconds', /2 seconds/],
    ['a type', 'grpc_web.v3.GrpcWeb', 'grpc_web.v3.GrpcWob', /GrpcWob/],
  ])('%s', (_what, from, to, complaint) => {
    expect(bootstrapText).toContain(from);
    expect(() => read(BOOTSTRAP, bootstrapText.replace(from, to))).toThrow(complaint);
  });

  test('a field of an endpoint', () => {
    expect(() => read(DISCOVERY, endpointsText.replace('port_value', 'port'))).toThrow(/port/);
  });

  test('a type that the definitions lack', async () => {
    await expect(envoyTypes(new Set(['envoy.extensions.filters.http.nothing.v3.Nothing']))).rejects.toThrow(
      'there is no definition of envoy.extensions.filters.http.nothing.v3.Nothing',
    );
  });
});

interface Bootstrap {
  readonly static_resources: {
    readonly listeners: readonly {
      readonly filter_chains: readonly { readonly filters: readonly { readonly typed_config: Manager }[] }[];
    }[];
    readonly clusters: readonly {
      readonly name: string;
      readonly eds_cluster_config: { readonly service_name: string };
    }[];
  };
}

interface Manager {
  readonly stream_idle_timeout: string;
  readonly http_filters: readonly { readonly name: string }[];
  readonly route_config: {
    readonly virtual_hosts: readonly { readonly routes: readonly { readonly route: { readonly cluster: string } }[] }[];
  };
}

describe('the parts fit', () => {
  const { static_resources: resources } = parse(bootstrapText) as Bootstrap;
  const [cluster] = resources.clusters;
  const manager = resources.listeners[0]!.filter_chains[0]!.filters[0]!.typed_config;

  test('the endpoints are those that the cluster asks for, and all routes go there', () => {
    const { resources: assignments } = JSON.parse(endpointsText) as { resources: { cluster_name: string }[] };
    expect(assignments.map(({ cluster_name: name }) => name)).toEqual([cluster?.eds_cluster_config.service_name]);
    const routes = manager.route_config.virtual_hosts.flatMap(({ routes }) => routes);
    expect(new Set(routes.map(({ route }) => route.cluster))).toEqual(new Set([cluster?.name]));
  });

  test('the router is the last filter', () => {
    expect(manager.http_filters.at(-1)?.name).toBe('envoy.filters.http.router');
  });

  test('a stream may be idle for longer than Parley lets it', () => {
    const settings = new Map(describeSettings().map(({ variable, fallback }) => [variable, Number(fallback)]));
    const limitMs = settings.get('PARLEY_HEARTBEAT_MS')! * settings.get('PARLEY_HEARTBEAT_MISSES')!;
    expect(Number.parseInt(manager.stream_idle_timeout) * 1_000).toBeGreaterThan(limitMs);
  });
});

/** Where there is an Envoy, it has the last word. */
const envoy = ((): string | undefined => {
  try {
    return execFileSync('which', ['envoy'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return undefined;
  }
})();

(envoy === undefined ? test.skip : test)('envoy --mode validate (where envoy is in PATH)', async () => {
  const folder = await makeTempFolder('envoy');
  try {
    const here = (text: string): string => text.replaceAll('/etc/parley/envoy', folder);
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'eds.json'), endpointsText);
    await writeFile(join(folder, 'tls.yaml'), here(tlsText));
    await writeFile(join(folder, 'envoy.yaml'), here(bootstrapText));
    await promisify(execFile)(envoy!, ['--mode', 'validate', '-c', join(folder, 'envoy.yaml')]);
  } finally {
    await removeTempFolder(folder);
  }
});
