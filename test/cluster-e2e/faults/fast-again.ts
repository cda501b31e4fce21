import type { PhaseFigures } from '../../cluster/load-figures.ts';
import type { Findings, Scale } from './scenario.ts';

/** Demands that messages are acknowledged and delivered as fast as before, or twice as slow at most. */
export function demandFastAgain(findings: Findings, before: PhaseFigures, now: PhaseFigures, scale: Scale): void {
  demandAcks(findings, before, now, scale);
  findings.atMost(2 * before.delivery.p99 + scale.noiseMs, `delivery p99, ${now.name}`, now.delivery.p99);
}

/** The same for acknowledgements only. */
export function demandAcks(findings: Findings, before: PhaseFigures, now: PhaseFigures, scale: Scale): void {
  findings.atMost(2 * before.ack.p99 + scale.noiseMs, `ack p99, ${now.name}`, now.ack.p99);
}
