// @vitest-environment jsdom
import { cleanup, fireEvent, render, screen } from '@testing-library/react';
import { afterEach, expect, it, vi } from 'vitest';
import { ConfirmButton } from './ConfirmButton.tsx';

afterEach(cleanup);

it('does nothing before it was confirmed, and takes the focus along', () => {
  const discard = vi.fn<() => void>();
  render(<ConfirmButton label="Discard" question="Delete it?" confirm="Yes, discard" onConfirm={discard} />);
  fireEvent.click(screen.getByRole('button', { name: 'Discard' }));
  expect(discard).not.toHaveBeenCalled();
  const yes = screen.getByRole('button', { name: 'Yes, discard' });
  expect(document.activeElement).toBe(yes);
  fireEvent.click(screen.getByRole('button', { name: 'Go back' }));
  expect(document.activeElement).toBe(screen.getByRole('button', { name: 'Discard' }));
  fireEvent.click(screen.getByRole('button', { name: 'Discard' }));
  fireEvent.click(screen.getByRole('button', { name: 'Yes, discard' }));
  expect(discard).toHaveBeenCalledOnce();
});
