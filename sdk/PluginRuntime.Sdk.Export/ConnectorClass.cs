using System.Reflection;

namespace PluginRuntime.Sdk.Export;

/// <summary>The one class of an assembly that is marked with <see cref="ConnectorAttribute"/>.</summary>
internal sealed record ConnectorClass(Type Type, ConnectorAttribute Attribute)
{
    /// <exception cref="ExportException">None or several classes are marked, or the one cannot be a connector.</exception>
    internal static ConnectorClass Find(Assembly assembly)
    {
        var (types, failures) = TypesOf(assembly);
        var marked = types.Where(type => type.IsDefined(typeof(ConnectorAttribute), inherit: false)).ToList();
        if (marked.Count == 1)
        {
            CheckShape(marked[0]);
            return new(marked[0], marked[0].GetCustomAttribute<ConnectorAttribute>(inherit: false)!);
        }

        if (marked.Count > 1)
        {
            var names = marked.Select(type => type.FullName).Order(StringComparer.Ordinal);
            throw new ExportException(
                ExportException.OneClass,
                $"{marked.Count} classes are marked with [Connector], but an assembly holds one connector: {string.Join(", ", names)}.");
        }

        throw new ExportException(
            ExportException.OneClass,
            ["No class is marked with [Connector]. Mark the class that derives from Connector<TConnection>.", .. failures]);
    }

    /// <exception cref="ExportException">The constructor threw.</exception>
    internal IConnector Construct()
    {
        try
        {
            return (IConnector)Activator.CreateInstance(Type)!;
        }
        catch (TargetInvocationException exception)
        {
            Exception cause = exception;
            while (cause is TargetInvocationException or TypeInitializationException && cause.InnerException is { } inner)
            {
                cause = inner;
            }

            throw new ExportException(
                ExportException.Constructor,
                $"The constructor of {Type.FullName} threw {cause.GetType().FullName}: {cause.Message} "
                + "It runs at build time, where there is no instance: it may only declare actions. Open clients in OpenAsync or OnInitAsync.");
        }
    }

    /// <exception cref="ExportException">A host could not construct it, or it is no connector.</exception>
    internal static void CheckShape(Type type)
    {
        var mistakes = new List<string>();
        if (!typeof(IConnector).IsAssignableFrom(type))
        {
            mistakes.Add($"{type.FullName} is marked with [Connector], but is no connector. Derive it from Connector<TConnection>.");
        }

        if (type.IsAbstract || type.ContainsGenericParameters)
        {
            mistakes.Add($"{type.FullName} is marked with [Connector], but is abstract or generic. A host has to construct it.");
        }
        else if (type.GetConstructor(Type.EmptyTypes) is null)
        {
            mistakes.Add($"{type.FullName} has no public constructor without parameters. A host constructs it with none.");
        }

        if (mistakes.Count > 0)
        {
            throw new ExportException(ExportException.ClassShape, mistakes);
        }
    }

    /// <summary>Types that cannot be loaded matter only when the connector is not among the others.</summary>
    private static (IEnumerable<Type> Types, IEnumerable<string> Failures) TypesOf(Assembly assembly)
    {
        try
        {
            return (assembly.GetTypes(), []);
        }
        catch (ReflectionTypeLoadException exception)
        {
            var failures = exception.LoaderExceptions.OfType<Exception>().Select(failure => failure.Message);
            return (exception.Types.OfType<Type>(), failures.Distinct().Order(StringComparer.Ordinal));
        }
    }
}
