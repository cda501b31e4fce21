import { readdirSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, test } from '@jest/globals';

import { ROOT } from '../../scripts/run.ts';
import { clusterFaults } from './cluster-faults.ts';
import { FOLDER, named, readKustomization, readManifests, workloads } from './cluster-manifests.ts';
import { type Manifest, typeFaults } from './type-faults.ts';
import { podFaults } from './pod-faults.ts';

const faultsOf = (manifests: readonly Manifest[]) => [...podFaults(manifests), ...clusterFaults(manifests)];

const replicas = (manifests: readonly Manifest[]) => named(manifests, 'Deployment', 'parley-replicas').spec!;
const replica = (manifests: readonly Manifest[]) => replicas(manifests).template.spec!;
const settings = (manifests: readonly Manifest[]) => named(manifests, 'ConfigMap', 'parley').data!;

describe('the manifests for Kubernetes', () => {
  test('are what its API takes', () => {
    expect(typeFaults(readManifests())).toEqual([]);
  });

  test('would be refused with a field that there is none of, without one that has to be, and with a wrong type', () => {
    const [unknown, missing, wrong] = [readManifests(), readManifests(), readManifests()];
    Object.assign(replica(unknown).containers[0]!.readinessProbe!, { periodSecnds: 2 });
    Reflect.deleteProperty(replicas(missing), 'selector');
    Object.assign(replica(wrong), { terminationGracePeriodSeconds: '60' });
    expect(typeFaults(unknown)).toEqual([expect.stringMatching(/^Deployment: .*periodSecnds/)]);
    expect(typeFaults(missing)).toEqual([expect.stringMatching(/^Deployment: .*selector/)]);
    expect(typeFaults(wrong)).toEqual([expect.stringMatching(/^Deployment: .*not assignable/)]);
  });

  test('keep their rules', () => {
    expect(faultsOf(readManifests())).toEqual([]);
  });

  test.each<[what: string, change: (manifests: readonly Manifest[]) => unknown]>([
    ['a Secret that there is none of', (all) => (replica(all).containers[0]!.envFrom![1]!.secretRef!.name = 'pasley')],
    ['a volume that there is none of', (all) => (replica(all).containers[0]!.volumeMounts![0]!.name = 'files')],
    ['a claim that there is none of', (all) => (replica(all).volumes![0]!.persistentVolumeClaim!.claimName = 'files')],
    ['root', (all) => (replica(all).securityContext!.runAsNonRoot = false)],
    ['a writable root', (all) => (replica(all).containers[0]!.securityContext!.readOnlyRootFilesystem = false)],
    ["Kubernetes' own variables", (all) => delete replica(all).enableServiceLinks],
    ['an image that may change', (all) => (replica(all).containers[0]!.image = 'parley:latest')],
    ['memory without a bound', (all) => delete replica(all).containers[0]!.resources!.limits],
    ['a probe of no service', (all) => (replica(all).containers[0]!.readinessProbe!.grpc!.service = 'parley.Chat')],
    ['a probe of no port', (all) => (replica(all).containers[0]!.livenessProbe!.grpc!.port = 50_052)],
    ['a replica that is killed while it drains', (all) => (replica(all).terminationGracePeriodSeconds = 30)],
    ['a drain that takes too long', (all) => (settings(all)['PARLEY_DRAIN_SPREAD_MS'] = '60000')],
    ['an upgrade with one less', (all) => (replicas(all).strategy!.rollingUpdate!.maxUnavailable = 1)],
    ['a number beside the autoscaler', (all) => (replicas(all).replicas = 3)],
    [
      'an autoscaler of nothing',
      (all) => (named(all, 'HorizontalPodAutoscaler', 'parley-replicas').spec!.scaleTargetRef.name = 'x'),
    ],
    [
      'files on one node',
      (all) => (named(all, 'PersistentVolumeClaim', 'parley-attachments').spec!.accessModes = ['ReadWriteOnce']),
    ],
    ['a Service of nothing', (all) => (named(all, 'Service', 'parley').spec!.ports![0]!.targetPort = 'tls')],
    [
      'a budget for nobody',
      (all) => (named(all, 'PodDisruptionBudget', 'parley-front').spec!.selector!.matchLabels = { a: 'b' }),
    ],
    ['an address that nobody listens at', (all) => (settings(all)['PARLEY_LISTEN'] = '0.0.0.0:50052')],
    ['metrics that nobody may read', (all) => named(all, 'NetworkPolicy', 'replicas').spec!.ingress!.pop()],
  ])('may not have %s', (_what, change) => {
    const changed = readManifests();
    change(changed);
    expect(faultsOf(changed)).not.toEqual([]);
  });

  test('are all in the kustomization, but for the Secrets, with the images that they name', () => {
    const { resources, images } = readKustomization();
    const files = readdirSync(join(ROOT, FOLDER)).filter((name) => name.endsWith('.yaml'));
    const apart = ['kustomization.yaml', 'secrets.example.yaml'];
    expect([...resources].sort()).toEqual(files.filter((name) => !apart.includes(name)).sort());
    const used = workloads(readManifests()).flatMap(({ template }) =>
      [...(template.spec!.initContainers ?? []), ...template.spec!.containers].map(({ image }) => image),
    );
    expect(new Set(used)).toEqual(new Set(images.map(({ name, newTag }) => `${name}:${newTag}`)));
  });
});
