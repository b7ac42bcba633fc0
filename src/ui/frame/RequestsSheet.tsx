import { formatBytes } from '../../lib/format.ts';
import { useRequests } from '../../state/requests.ts';
import { openSheet, useSettings } from '../../state/settings.ts';
import { Sheet } from '../components/Sheet.tsx';

/** Every request made since the page was opened: what came down, and that nothing went up. */
export function RequestsSheet() {
  const isOpen = useSettings(({ sheet }) => sheet === 'requests');
  const { entries, bytesUp } = useRequests();
  return (
    <Sheet
      open={isOpen}
      title="Requests"
      onClose={() => {
        openSheet(null);
      }}
    >
      <p>
        <b>{formatBytes(bytesUp)} sent.</b> Your files, prompts and adapters stay in this browser. What Graft
        fetched since the page was opened:
      </p>
      {entries.length === 0 ? (
        <p className="faint">Nothing yet.</p>
      ) : (
        <div className="scroll">
          <table className="tight" aria-label="Requests">
            <thead>
              <tr>
                <th scope="col">Address</th>
                <th scope="col" className="num">
                  Down
                </th>
                <th scope="col" className="num">
                  Up
                </th>
              </tr>
            </thead>
            <tbody>
              {entries.map(({ url, bytesDown, bytesUp: up, at }) => (
                <tr key={`${at} ${url}`}>
                  <td className="requests-url">{url}</td>
                  <td className="num">{formatBytes(bytesDown)}</td>
                  <td className="num">{formatBytes(up)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Sheet>
  );
}
