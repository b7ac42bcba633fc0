import { Component, type ReactNode } from 'react';
import { toProblem } from '../../lib/problem.ts';
import { Button } from '../components/Button.tsx';
import { ProblemStrip } from '../components/ProblemStrip.tsx';

/** Keeps a fault in one view from taking the whole page: says what happened; what is kept stays kept. */
export class ErrorBoundary extends Component<{ children: ReactNode }, { error: unknown }> {
  override state: { error: unknown } = { error: undefined };

  static getDerivedStateFromError(error: unknown): { error: unknown } {
    return { error };
  }

  override render(): ReactNode {
    if (this.state.error === undefined) return this.props.children;
    return (
      <div className="nogpu">
        <h1>This view could not be shown</h1>
        <ProblemStrip
          problem={{
            ...toProblem(this.state.error),
            fix: 'Data, models and runs are kept. Reload the page.',
          }}
        />
        <Button
          variant="primary"
          onClick={() => {
            location.reload();
          }}
        >
          Reload
        </Button>
      </div>
    );
  }
}
