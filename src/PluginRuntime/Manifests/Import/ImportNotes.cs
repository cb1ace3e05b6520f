using System.Globalization;

namespace PluginRuntime.Manifests.Import;

/// <summary>Collects notes, each once, within bounds.</summary>
internal sealed class ImportNotes
{
    private const int Most = 1000;
    private const int LongestPointer = 1000;

    private readonly List<ImportNote> _notes = [];
    private readonly HashSet<(string Pointer, string Code)> _known = [];
    private int _further;

    internal IReadOnlyList<ImportNote> All => _further == 0
        ? _notes
        : [.. _notes, new("", "import.notes-cut", string.Create(CultureInfo.InvariantCulture, $"There are {_further} further notes: take fewer operations to see those of them."))];

    internal void Add(string pointer, string code, string detail)
    {
        // A pointer to something further out is one too.
        while (pointer.Length > LongestPointer)
        {
            pointer = pointer[..Math.Max(pointer.LastIndexOf('/'), 0)];
        }

        if (!_known.Add((pointer, code)))
        {
            return;
        }

        if (_notes.Count < Most)
        {
            _notes.Add(new(pointer, code, detail));
        }
        else
        {
            _further++;
        }
    }

    internal void Add(ImportNotes others)
    {
        foreach (var note in others._notes)
        {
            Add(note.Pointer, note.Code, note.Detail);
        }

        _further += others._further;
    }
}
