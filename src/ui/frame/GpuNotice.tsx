import { useDevice } from '../../state/device.ts';
import { openSheet } from '../../state/settings.ts';
import { Button } from '../components/Button.tsx';
import { NoticeStrip } from '../components/NoticeStrip.tsx';

/** Says when there is no graphics card to train on, or none left, and what that means. */
export function GpuNotice() {
  const { status, report, device, problem } = useDevice();
  const lost = status === 'failed' || status === 'lost' ? problem : undefined;
  const reason = lost ?? (device?.kind === 'wasm' ? report?.problem : undefined);
  if (reason === undefined) return null;
  return (
    <NoticeStrip tone="warn">
      <p className="strip-text">
        {reason.message}{' '}
        {lost === undefined ? (
          <span className="strip-fix">
            Graft computes on the processor instead: everything works, more slowly.
          </span>
        ) : (
          <span className="strip-fix">{lost.fix}</span>
        )}
      </p>
      <Button
        size="sm"
        onClick={() => {
          openSheet('device');
        }}
      >
        What to do
      </Button>
    </NoticeStrip>
  );
}
