import { formatShare } from '../../lib/format.ts';
import { measureStep, useStepProfile } from '../../state/stepProfile.ts';
import { Button } from '../components/Button.tsx';
import { ProblemStrip } from '../components/ProblemStrip.tsx';

/** The developer view: one training step, kernel by kernel. */
export function StepProfile() {
  const { isMeasuring, profile, problem } = useStepProfile();
  return (
    <section aria-labelledby="step-profile">
      <h3 id="step-profile">Profile</h3>
      <p className="faint">
        One LoRA step of the loaded model: rank 16 on q and v, 4 rows of 64 and 16 tokens.
      </p>
      <Button
        disabled={isMeasuring}
        onClick={() => {
          void measureStep();
        }}
      >
        {isMeasuring ? 'Measuring…' : 'Profile one step'}
      </Button>
      {problem === undefined ? null : <ProblemStrip problem={problem} />}
      {profile === undefined ? null : (
        <div className="scroll">
          <table className="tight">
            <caption className="faint">
              {profile.kernelMs.toFixed(1)} ms in kernels, {profile.totalMs.toFixed(1)} ms in all while
              measured
            </caption>
            <thead>
              <tr>
                <th scope="col">Kernel</th>
                <th scope="col" className="num">
                  Calls
                </th>
                <th scope="col" className="num">
                  ms
                </th>
                <th scope="col" className="num">
                  Share
                </th>
              </tr>
            </thead>
            <tbody>
              {profile.kernels.map(({ name, calls, ms, share }) => (
                <tr key={name}>
                  <td>{name}</td>
                  <td className="num">{calls}</td>
                  <td className="num">{ms.toFixed(1)}</td>
                  <td className="num">{formatShare(share)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}
