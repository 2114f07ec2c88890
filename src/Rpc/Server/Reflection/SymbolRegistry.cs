using Google.Protobuf.Reflection;

namespace BuildFarm.Rpc.Server.Reflection;

/// <summary>Finds the file of a symbol among the files of the mapped services and all that they import.</summary>
internal sealed class SymbolRegistry
{
    private readonly Dictionary<string, FileDescriptor> _files = new(StringComparer.Ordinal);
    private readonly Dictionary<string, FileDescriptor> _symbols = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Type, int Number), FileDescriptor> _extensions = [];

    public SymbolRegistry(IEnumerable<ServiceDescriptor> services)
    {
        foreach (var service in services)
        {
            Add(service.File);
        }
    }

    public FileDescriptor? FindFile(string name) => _files.GetValueOrDefault(name);

    public FileDescriptor? FindSymbol(string fullName) => _symbols.GetValueOrDefault(fullName);

    public FileDescriptor? FindExtension(string type, int number) => _extensions.GetValueOrDefault((type, number));

    /// <summary>The numbers of a type's extensions, sorted; null when the type is not known.</summary>
    public IReadOnlyList<int>? ExtensionNumbers(string type) => _symbols.ContainsKey(type)
        ? [.. _extensions.Keys.Where(key => key.Type == type).Select(key => key.Number).Order()]
        : null;

    /// <summary>The file and all that it imports, the file first.</summary>
    public static IReadOnlyList<FileDescriptor> WithDependencies(FileDescriptor file)
    {
        var found = new List<FileDescriptor> { file };
        for (var i = 0; i < found.Count; i++)
        {
            found.AddRange(found[i].Dependencies.Where(dependency => !found.Contains(dependency)));
        }

        return found;
    }

    private void Add(FileDescriptor file)
    {
        if (!_files.TryAdd(file.Name, file))
        {
            return;
        }

        foreach (var dependency in file.Dependencies)
        {
            Add(dependency);
        }

        foreach (var service in file.Services)
        {
            _symbols[service.FullName] = file;
            foreach (var method in service.Methods)
            {
                _symbols[method.FullName] = file;
            }
        }

        foreach (var type in file.EnumTypes)
        {
            Add(type);
        }

        foreach (var type in file.MessageTypes)
        {
            Add(type);
        }

        foreach (var extension in file.Extensions.UnorderedExtensions)
        {
            Add(extension);
        }
    }

    private void Add(MessageDescriptor type)
    {
        _symbols[type.FullName] = type.File;
        foreach (var field in type.Fields.InDeclarationOrder())
        {
            _symbols[field.FullName] = type.File;
        }

        foreach (var nested in type.EnumTypes)
        {
            Add(nested);
        }

        foreach (var nested in type.NestedTypes)
        {
            Add(nested);
        }

        foreach (var extension in type.Extensions.UnorderedExtensions)
        {
            Add(extension);
        }
    }

    private void Add(EnumDescriptor type)
    {
        _symbols[type.FullName] = type.File;
        foreach (var value in type.Values)
        {
            _symbols[value.FullName] = type.File;
        }
    }

    private void Add(FieldDescriptor extension)
    {
        _symbols[extension.FullName] = extension.File;
        _extensions[(extension.ExtendeeType.FullName, extension.FieldNumber)] = extension.File;
    }
}
