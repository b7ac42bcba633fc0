import type { LabelToken, PromptToken } from '../../../data/preview.ts';
import { formatPlural } from '../../../lib/format.ts';
import { showPreview, useDatasets } from '../../../state/datasets.ts';
import { Button } from '../../components/Button.tsx';
import { Section } from '../../components/Section.tsx';

/** One row as the model sees it: every token, where it comes from, what is cut, what is learned. */
export function Preview({ rowCount }: { rowCount: number }) {
  const preview = useDatasets((state) => state.preview);
  const index = useDatasets((state) => state.previewRowIndex);
  const lines = useDatasets(({ dataset }) => dataset?.headLines);
  if (preview === undefined) return null;
  const line = lines?.[preview.rowIndex];
  const keptCount = preview.promptTokens.filter(({ isCut }) => !isCut).length;
  const learnedCount = preview.labelTokens.filter(({ isCut }) => !isCut).length;
  const cutCount = preview.promptTokens.filter(({ isCut }) => isCut).length;
  return (
    <Section
      title="Preview as the model sees it"
      hint={`${line === undefined ? `row ${preview.rowIndex + 1}` : `line ${line}`}, ${formatPlural(keptCount, 'token')} in, ${formatPlural(learnedCount, 'token')} to learn`}
      actions={
        <>
          <Button
            variant="quiet"
            size="sm"
            disabled={index === 0}
            onClick={() => void showPreview(index - 1)}
          >
            Previous row
          </Button>
          <Button
            variant="quiet"
            size="sm"
            disabled={index >= rowCount - 1}
            onClick={() => void showPreview(index + 1)}
          >
            Next row
          </Button>
        </>
      }
      note={
        <>
          <p>
            Underlined in grey: your row. Faint: the template. Green: what the model learns to write, token by
            token.
          </p>
          {cutCount === 0 ? null : (
            <p>
              {formatPlural(cutCount, 'token')} at the end of the input are cut; raise the limit below to keep
              them.
            </p>
          )}
        </>
      }
    >
      <div className="tokrow">
        <small>reads</small>
        <p className="tok">
          {preview.promptTokens.map((token, i) => (
            <span key={i} className={promptClass(token)}>
              {shown(token.text)}
            </span>
          ))}
        </p>
      </div>
      <div className="tokrow">
        <small>learns</small>
        <p className="tok">
          {preview.labelTokens.map((token, i) => (
            <span key={i} className={labelClass(token)}>
              {shown(token.text)}
            </span>
          ))}
        </p>
      </div>
    </Section>
  );
}

/** The word sign of SentencePiece as the space it stands for. */
const shown = (piece: string): string => piece.replaceAll('▁', ' ');

function promptClass({ part, text, isCut }: PromptToken): string {
  if (isCut) return 'cut';
  if (text === '<unk>') return 'unk';
  return part === 'template' ? 'tpl' : 'in';
}

function labelClass({ text, isCut }: LabelToken): string {
  if (isCut) return 'cut';
  return text === '<unk>' ? 'unk' : 'lab';
}
