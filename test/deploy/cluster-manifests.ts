import type { Deployment } from 'kubernetes-types/apps/v1.d.ts';
import type { HorizontalPodAutoscaler } from 'kubernetes-types/autoscaling/v2.d.ts';
import type { Job } from 'kubernetes-types/batch/v1.d.ts';
import type { ConfigMap, PersistentVolumeClaim, PodTemplateSpec, Secret, Service } from 'kubernetes-types/core/v1.d.ts';
import type { NetworkPolicy } from 'kubernetes-types/networking/v1.d.ts';
import type { PodDisruptionBudget } from 'kubernetes-types/policy/v1.d.ts';

import type { Manifest } from './type-faults.ts';
import { readYaml } from './read-yaml.ts';

export const FOLDER = 'deploy/kubernetes';

interface Kinds {
  ConfigMap: ConfigMap;
  Deployment: Deployment;
  HorizontalPodAutoscaler: HorizontalPodAutoscaler;
  Job: Job;
  NetworkPolicy: NetworkPolicy;
  PersistentVolumeClaim: PersistentVolumeClaim;
  PodDisruptionBudget: PodDisruptionBudget;
  Secret: Secret;
  Service: Service;
}

export interface Kustomization {
  readonly resources: readonly string[];
  readonly images: readonly { readonly name: string; readonly newTag: string }[];
}

export function readKustomization(): Kustomization {
  return readYaml<Kustomization>(`${FOLDER}/kustomization.yaml`)[0]!;
}

/** All that is applied, and the Secrets as they are to be made. Without aliases, so that a change of one thing is one. */
export function readManifests(): Manifest[] {
  const files = [...readKustomization().resources, 'secrets.example.yaml'];
  const manifests = files.flatMap((file) => readYaml<Manifest>(`${FOLDER}/${file}`));
  return JSON.parse(JSON.stringify(manifests)) as Manifest[];
}

export function ofKind<K extends keyof Kinds>(manifests: readonly Manifest[], kind: K): Kinds[K][] {
  return manifests.filter((manifest) => manifest.kind === kind) as unknown as Kinds[K][];
}

/** One thing by its name. @throws Error where there is none */
export function named<K extends keyof Kinds>(manifests: readonly Manifest[], kind: K, name: string): Kinds[K] {
  const found = ofKind(manifests, kind).find(({ metadata }) => metadata?.name === name);
  if (found === undefined) throw new Error(`there is no ${kind} ${name}`);
  return found;
}

export interface Workload {
  readonly name: string;
  readonly template: PodTemplateSpec;
}

/** What makes pods. */
export function workloads(manifests: readonly Manifest[]): Workload[] {
  return [...ofKind(manifests, 'Deployment'), ...ofKind(manifests, 'Job')].map(({ metadata, spec }) => ({
    name: metadata?.name ?? '',
    template: spec!.template,
  }));
}
