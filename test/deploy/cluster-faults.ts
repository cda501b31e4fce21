import { named, ofKind, workloads } from './cluster-manifests.ts';
import type { Manifest } from './type-faults.ts';
import { drainMs } from './times.ts';

/** What is wrong between the manifests: selectors, ports, times, and what a rolling upgrade needs. */
export function clusterFaults(manifests: readonly Manifest[]): string[] {
  return [...selectorFaults(manifests), ...upgradeFaults(manifests), ...policyFaults(manifests)];
}

type Labels = Readonly<Record<string, string>>;

function selectorFaults(manifests: readonly Manifest[]): string[] {
  const pods = workloads(manifests).map(({ template }) => template);
  const matching = (wanted: Labels = {}) =>
    pods.filter(({ metadata }) => Object.entries(wanted).every(([name, value]) => metadata?.labels?.[name] === value));
  const faults: string[] = [];
  const selectors: [string, Labels | undefined][] = [
    ...ofKind(manifests, 'Deployment').map(({ spec }): [string, Labels | undefined] => [
      'Deployment',
      spec?.selector.matchLabels,
    ]),
    ...ofKind(manifests, 'PodDisruptionBudget').map(({ spec }): [string, Labels | undefined] => [
      'budget',
      spec?.selector?.matchLabels,
    ]),
    ...ofKind(manifests, 'NetworkPolicy').map(({ spec }): [string, Labels | undefined] => [
      'policy',
      spec?.podSelector.matchLabels,
    ]),
  ];
  for (const [what, labels] of selectors) if (matching(labels).length === 0) faults.push(`a ${what} is for no pod`);
  for (const { metadata, spec } of ofKind(manifests, 'Service')) {
    const ports = matching(spec?.selector).flatMap((pod) => pod.spec!.containers.flatMap((one) => one.ports ?? []));
    for (const { targetPort } of spec?.ports ?? []) {
      if (!ports.some(({ name }) => name === targetPort))
        faults.push(`Service ${metadata?.name}: no port ${targetPort}`);
    }
  }
  return faults;
}

function upgradeFaults(manifests: readonly Manifest[]): string[] {
  const faults: string[] = [];
  for (const { metadata, spec } of ofKind(manifests, 'Deployment')) {
    if (spec?.strategy?.rollingUpdate?.maxUnavailable !== 0) faults.push(`${metadata?.name}: loses one in an upgrade`);
  }
  const { spec } = named(manifests, 'Deployment', 'parley-replicas');
  const settings = named(manifests, 'ConfigMap', 'parley').data ?? {};
  if (spec!.template.spec!.terminationGracePeriodSeconds! * 1_000 <= drainMs(settings)) {
    faults.push('replicas are killed while they drain');
  }
  for (const { metadata, spec: scaler } of ofKind(manifests, 'HorizontalPodAutoscaler')) {
    const { kind, name } = scaler!.scaleTargetRef;
    const target = ofKind(manifests, 'Deployment').find((one) => one.metadata?.name === name);
    if (kind !== 'Deployment' || target === undefined) faults.push(`${metadata?.name}: scales nothing`);
    else if (target.spec?.replicas !== undefined) faults.push(`${name}: each apply undoes what the autoscaler did`);
    if ((scaler?.minReplicas ?? 1) < 2) faults.push(`${metadata?.name}: may leave one alone`);
  }
  const { accessModes } = named(manifests, 'PersistentVolumeClaim', 'parley-attachments').spec!;
  if (String(accessModes) !== 'ReadWriteMany') faults.push('files are on one node only');
  return faults;
}

/** Who listens where, by the settings and the ports, and who may come there. */
function policyFaults(manifests: readonly Manifest[]): string[] {
  const settings = named(manifests, 'ConfigMap', 'parley').data ?? {};
  const listened = ['PARLEY_LISTEN', 'PARLEY_ADMIN_LISTEN'].map((name) => Number(settings[name]?.split(':')[1]));
  const [replica] = named(manifests, 'Deployment', 'parley-replicas').spec!.template.spec!.containers;
  const ports = replica!.ports!.map(({ containerPort }) => containerPort);
  const open = named(manifests, 'NetworkPolicy', 'replicas').spec!.ingress!.flatMap((rule) => rule.ports ?? []);
  const faults: string[] = [];
  for (const port of listened) {
    if (!ports.includes(port)) faults.push(`replicas listen at ${port}, which is no port of theirs`);
    if (!open.some((one) => one.port === port)) faults.push(`nobody may come to ${port} of the replicas`);
  }
  const advertised = replica!.env?.find(({ name }) => name === 'PARLEY_ADVERTISE')?.value;
  if (advertised !== `$(POD_IP):${listened[0]}`) faults.push(`replicas are not at ${advertised}`);
  return faults;
}
