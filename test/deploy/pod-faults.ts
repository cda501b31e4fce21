import type { Container, PodSpec } from 'kubernetes-types/core/v1.d.ts';

import { PROBED_SERVICE } from '../../server/rpc/health-probe.ts';
import { ofKind, type Workload, workloads } from './cluster-manifests.ts';
import type { Manifest } from './type-faults.ts';

/** Services that a server answers for; undefined is the whole of it. */
const PROBED = [undefined, PROBED_SERVICE];

/** What is wrong with pods: what they refer to, what they may do, what they are asked for. */
export function podFaults(manifests: readonly Manifest[]): string[] {
  const names = (kind: 'ConfigMap' | 'Secret' | 'PersistentVolumeClaim') =>
    ofKind(manifests, kind).map(({ metadata }) => `${kind} ${metadata?.name}`);
  const there = new Set([...names('ConfigMap'), ...names('Secret'), ...names('PersistentVolumeClaim')]);
  return workloads(manifests).flatMap(({ name, template }: Workload) => {
    const spec = template.spec!;
    const faults = rightsFaults(spec);
    for (const container of [...(spec.initContainers ?? []), ...spec.containers]) {
      faults.push(...containerFaults(container, spec));
      const missing = [...referencesOf(container)].filter((reference) => !there.has(reference));
      faults.push(...missing.map((reference) => `${container.name}: there is no ${reference}`));
    }
    for (const { name: volume, persistentVolumeClaim: claim, secret } of spec.volumes ?? []) {
      const source = claim ? `PersistentVolumeClaim ${claim.claimName}` : secret && `Secret ${secret.secretName}`;
      if (source !== undefined && !there.has(source)) faults.push(`volume ${volume}: there is no ${source}`);
    }
    return faults.map((fault) => `${name}: ${fault}`);
  });
}

function rightsFaults(spec: PodSpec): string[] {
  const faults: string[] = [];
  // Kubernetes sets PARLEY_PORT and the like for a Service named parley, and servers refuse to start with them.
  if (spec.enableServiceLinks !== false) faults.push('gets variables that are no settings');
  if (spec.automountServiceAccountToken !== false) faults.push("has a token for Kubernetes' API");
  const { runAsNonRoot, runAsUser, seccompProfile } = spec.securityContext ?? {};
  if (runAsNonRoot !== true || !runAsUser || seccompProfile?.type !== 'RuntimeDefault') faults.push('is not confined');
  return faults;
}

function containerFaults(container: Container, spec: PodSpec): string[] {
  const { name, image = '', securityContext, resources, volumeMounts = [], ports = [] } = container;
  const faults: string[] = [];
  if (!/:\d+\.\d+\.\d+$/.test(image)) faults.push(`${name}: ${image} is not pinned`);
  const { allowPrivilegeEscalation, readOnlyRootFilesystem, capabilities } = securityContext ?? {};
  if (allowPrivilegeEscalation !== false || readOnlyRootFilesystem !== true || String(capabilities?.drop) !== 'ALL') {
    faults.push(`${name}: has rights that it doesn't need`);
  }
  if (resources?.requests?.['memory'] === undefined || resources.limits?.['memory'] === undefined) {
    faults.push(`${name}: has no bound`);
  }
  const volumes = new Set(spec.volumes?.map((volume) => volume.name));
  for (const mount of volumeMounts)
    if (!volumes.has(mount.name)) faults.push(`${name}: there is no volume ${mount.name}`);
  for (const probe of [container.startupProbe, container.readinessProbe, container.livenessProbe]) {
    if (probe === undefined) continue;
    const port = probe.grpc?.port ?? probe.tcpSocket?.port;
    if (!ports.some((one) => one.name === port || one.containerPort === port)) faults.push(`${name}: no port ${port}`);
    if (!PROBED.includes(probe.grpc?.service)) faults.push(`${name}: no service ${probe.grpc?.service}`);
  }
  return faults;
}

function* referencesOf({ env = [], envFrom = [] }: Container): Generator<string> {
  for (const { configMapRef, secretRef } of envFrom) {
    if (configMapRef) yield `ConfigMap ${configMapRef.name}`;
    if (secretRef) yield `Secret ${secretRef.name}`;
  }
  for (const { valueFrom } of env) if (valueFrom?.secretKeyRef) yield `Secret ${valueFrom.secretKeyRef.name}`;
}
