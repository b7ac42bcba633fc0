// @vitest-environment jsdom
import { cleanup, render, screen, within } from '@testing-library/react';
import { afterEach, expect, it } from 'vitest';
import { ArmAnswer } from './ArmAnswer.tsx';

afterEach(cleanup);

it('compares a whole answer with its reference', () => {
  const answer = {
    text: 'the blue lamp',
    tokenCount: 4,
    promptTokenCount: 20,
    elapsedMs: 500,
    isWriting: false,
  };
  render(<ArmAnswer arm="tuned" answer={answer} reference="the green lamp" missing={undefined} />);
  const region = within(screen.getByRole('region', { name: 'Fine-tuned' }));
  // Two of three words in order on both sides: ROUGE-L 2/3.
  expect(region.getByText('66.7')).toBeTruthy();
  expect(region.getByText('blue').tagName).toBe('INS');
  expect(region.getByText('green').tagName).toBe('DEL');
  expect(region.getByText('8.00 tokens/s')).toBeTruthy();
});

it('says what an arm lacks, and shows text that is being written as it is', () => {
  render(
    <ArmAnswer arm="rag" answer={undefined} reference="" missing="There is nothing to retrieve from." />,
  );
  expect(screen.getByRole('region', { name: 'RAG' }).textContent).toContain('nothing to retrieve');
  cleanup();
  render(
    <ArmAnswer arm="rag" answer={{ text: 'half', isWriting: true }} reference="whole" missing={undefined} />,
  );
  const region = screen.getByRole('region', { name: 'RAG' });
  expect(region.getAttribute('aria-busy')).toBe('true');
  expect(region.textContent).toBe('RAGhalf');
});
