import { useEffect, useState } from 'react';
import { importAdapter } from '../../state/adapters.ts';
import { readFiles } from '../../state/datasets.ts';
import { loadModelFiles } from '../../state/models.ts';
import { goTo } from '../../state/settings.ts';
import { DROP_HINT, dropKind } from './dropKind.ts';
import { filesOf } from './filesOf.ts';

/** Takes files dropped anywhere on the page to where they belong. */
export function DropTarget() {
  const [isOver, setOver] = useState(false);
  useEffect(() => {
    let depth = 0;
    const hasFiles = (event: DragEvent): boolean => event.dataTransfer?.types.includes('Files') === true;
    const enter = (event: DragEvent): void => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      depth++;
      setOver(true);
    };
    const over = (event: DragEvent): void => {
      if (hasFiles(event)) event.preventDefault();
    };
    const leave = (): void => {
      depth = Math.max(0, depth - 1);
      if (depth === 0) setOver(false);
    };
    const drop = (event: DragEvent): void => {
      depth = 0;
      setOver(false);
      if (!hasFiles(event) || event.dataTransfer === null) return;
      event.preventDefault();
      void filesOf(event.dataTransfer).then(takeFiles);
    };
    window.addEventListener('dragenter', enter);
    window.addEventListener('dragover', over);
    window.addEventListener('dragleave', leave);
    window.addEventListener('drop', drop);
    return () => {
      window.removeEventListener('dragenter', enter);
      window.removeEventListener('dragover', over);
      window.removeEventListener('dragleave', leave);
      window.removeEventListener('drop', drop);
    };
  }, []);
  return isOver ? (
    <div className="drop-overlay" role="status">
      Drop it here
      <small>{DROP_HINT}</small>
    </div>
  ) : null;
}

/** Sends files to the store they belong to and opens its stop. */
export function takeFiles(files: readonly File[]): void {
  if (files.length === 0) return;
  switch (dropKind(files.map(({ name }) => name))) {
    case 'dataset':
      goTo('data');
      void readFiles(files);
      return;
    case 'model':
      goTo('model');
      void loadModelFiles(files);
      return;
    case 'adapter':
      goTo('export');
      void importAdapter(files);
      return;
  }
}
