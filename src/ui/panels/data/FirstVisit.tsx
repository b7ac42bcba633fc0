import { GpuNotice } from '../../frame/GpuNotice.tsx';
import { cancelReading, readFiles, useDatasets } from '../../../state/datasets.ts';
import { tryIt } from '../../../state/firstTry.ts';
import { cancelLoading, useModels } from '../../../state/models.ts';
import { Button } from '../../components/Button.tsx';
import { ProblemStrip } from '../../components/ProblemStrip.tsx';
import { ProgressBar } from '../../components/ProgressBar.tsx';
import { DropZone } from './DropZone.tsx';
import { Samples } from './Samples.tsx';

/** What a first visitor sees: one sentence, one thing to try, one place to drop. */
export function FirstVisit() {
  const { status, progress, problem } = useDatasets();
  const modelStatus = useModels((state) => state.status);
  const modelProgress = useModels((state) => state.progress);
  const modelProblem = useModels((state) => state.problem);
  const isBusy = status === 'reading' || modelStatus === 'loading';
  return (
    <div className="first">
      <div>
        <header className="head first-head">
          <div>
            <h1 tabIndex={-1}>Data</h1>
            <p className="headline">Teach a T5 model with your own rows</p>
            <p className="read">
              Everything runs in this tab, on this computer: your rows are read here, trained on here, and
              never leave. What is learned loads unchanged in Python.
            </p>
          </div>
        </header>
        <GpuNotice />
        {problem === undefined ? null : <ProblemStrip problem={problem} />}
        {modelProblem === undefined ? null : <ProblemStrip problem={modelProblem} />}
        {isBusy ? (
          <ProgressBar
            label={status === 'reading' ? 'Reading' : 'Loading the starter model'}
            progress={status === 'reading' ? progress : modelProgress}
            onCancel={() => {
              cancelReading();
              cancelLoading();
            }}
          />
        ) : null}
        <section className="try" aria-labelledby="try-title">
          <div>
            <h2 id="try-title">Try it: teach the starter model to summarise support chats</h2>
            <p>
              400 short chats with a one-sentence summary each, a small model that comes with Graft, and
              settings that fit. You see the loss fall and the answers change.
            </p>
          </div>
          <Button variant="primary" busy={isBusy} disabled={isBusy} onClick={() => void tryIt()}>
            Try it with support chats
          </Button>
          <ol>
            <li>
              <b>Look</b>The chats and the model load; nothing is downloaded from elsewhere.
            </li>
            <li>
              <b>Train</b>One more click. A small adapter learns; the model itself stays as it is.
            </li>
            <li>
              <b>Compare</b>The same chats before and after, side by side, with scores.
            </li>
          </ol>
        </section>
        <DropZone onFiles={(files) => void readFiles(files)} />
      </div>
      <aside className="note">
        <h3>Your data stays here</h3>
        <p>
          Files are read by this page and kept in this browser. There is no server behind it; the request log
          shows every byte that moves.
        </p>
        <h3>What a table needs</h3>
        <p>
          One row per example: a column the model reads and a column it learns to write. A question and its
          answer, a text and its label, a chat and its summary. A hundred rows are a start.
        </p>
        <Samples />
      </aside>
    </div>
  );
}
