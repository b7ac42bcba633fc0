import { useState } from 'react';
import { deleteRun, renameRun, runStatusText, setUpNewRun, showRun, useRuns } from '../../state/runs.ts';
import { copyConfig } from '../../state/runSetup.ts';
import { goTo, openSheet, useSettings } from '../../state/settings.ts';
import type { RunRecord } from '../../storage/records.ts';
import { ConfirmButton } from '../panels/train/ConfirmButton.tsx';
import { Sparkline } from '../charts/Sparkline.tsx';
import { Button } from '../components/Button.tsx';
import { Sheet } from '../components/Sheet.tsx';
import { TextField } from '../components/TextField.tsx';

/** All runs kept in this browser, newest first. */
export function RunsSheet() {
  const isOpen = useSettings(({ sheet }) => sheet === 'runs');
  const runs = useRuns((state) => state.runs);
  return (
    <Sheet
      open={isOpen}
      title="Runs"
      onClose={() => {
        openSheet(null);
      }}
    >
      {runs.length === 0 ? (
        <p className="faint">No run yet. Each run is kept here with its settings, curve and adapter.</p>
      ) : (
        <ul className="runs">
          {runs.map((run) => (
            <RunRow key={run.id} run={run} />
          ))}
        </ul>
      )}
    </Sheet>
  );
}

function RunRow({ run }: { run: RunRecord }) {
  const isLive = useRuns(({ liveId }) => liveId === run.id);
  const isShown = useRuns(({ shownId }) => shownId === run.id);
  const [isRenaming, setRenaming] = useState(false);
  const [name, setName] = useState(run.name);
  const open = (): void => {
    goTo('train');
    openSheet(null);
  };
  return (
    <li className="run" aria-label={run.name} aria-current={isShown ? 'true' : undefined}>
      <Sparkline values={run.steps.map(({ loss }) => loss)} isLive={isLive} />
      <div className="run-what">
        <b>{run.name}</b>
        <small>
          {runStatusText(run)}, {run.modelName} on {run.datasetName}
        </small>
        <small>{new Date(run.createdAt).toLocaleString()}</small>
      </div>
      {isRenaming ? (
        <form
          className="run-rename"
          onSubmit={(event) => {
            event.preventDefault();
            if (name.trim() !== '') void renameRun(run.id, name.trim());
            setRenaming(false);
          }}
        >
          <TextField label="Name" value={name} onChange={setName} />
          <Button size="sm" type="submit">
            Save
          </Button>
        </form>
      ) : (
        <span className="run-buttons">
          <Button
            size="sm"
            onClick={() => {
              showRun(run.id);
              open();
            }}
          >
            Show
          </Button>
          <Button
            variant="quiet"
            size="sm"
            onClick={() => {
              copyConfig(run.config);
              setUpNewRun();
              open();
            }}
          >
            Duplicate settings
          </Button>
          <Button
            variant="quiet"
            size="sm"
            onClick={() => {
              setRenaming(true);
            }}
          >
            Rename
          </Button>
          <ConfirmButton
            label="Delete"
            question="Delete the run, its curve and its adapter?"
            confirm="Yes, delete"
            size="sm"
            disabled={isLive}
            onConfirm={() => void deleteRun(run.id)}
          />
        </span>
      )}
    </li>
  );
}
