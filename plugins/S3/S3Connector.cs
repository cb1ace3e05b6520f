using System.Net;
using PluginRuntime.Connectors.Jail;
using PluginRuntime.Sdk;

namespace PluginRuntime.Connectors.S3;

/// <summary>Reads and writes objects in one bucket.</summary>
[Connector(
    "s3", Name = "S3", Category = "storage", Description = "Reads and writes objects in a bucket of Amazon S3, or of a server that speaks its protocol.",
    Auth = CredentialTypes.Basic, Settings = typeof(S3Settings))]
public sealed class S3Connector : Connector<S3Session>
{
    /// <summary>How long one attempt may take that moves a whole file. The instance's <c>timeout</c> bounds it further.</summary>
    private static readonly TimeSpan _transferTimeout = TimeSpan.FromHours(6);

    /// <summary>Shorter than an attempt's default timeout: a connection that does not come is then known to have sent nothing.</summary>
    private static readonly TimeSpan _connectTimeout = TimeSpan.FromSeconds(5);

    /// <summary>So that a change of DNS is seen.</summary>
    private static readonly TimeSpan _socketLifetime = TimeSpan.FromMinutes(5);

    private HttpClient? _http;
    private Bucket? _bucket;
    private Transfers? _transfers;

    /// <summary>Declares the actions.</summary>
    public S3Connector()
        : base(S3Json.Default)
    {
        Action<GetInput, GetOutput>(
            "get", (_, input, token) => new(Bucket.GetAsync(input, token)), new() { Description = "Gets an object, or a range of its bytes, inside of the answer.", Idempotent = true });
        Action<PutInput, PutOutput>(
            "put", (_, input, token) => new(Bucket.PutAsync(input, token)), new() { Description = "Writes an object from the input." });
        Action<ListInput, ListOutput>(
            "list", (_, input, token) => new(Bucket.ListAsync(input, token)), new() { Description = "Lists objects, in pages.", Idempotent = true });
        Action<KeyInput, DeleteOutput>(
            "delete", (_, input, token) => new(Bucket.DeleteAsync(input, token)),
            new() { Description = "Deletes an object. What is not there is deleted already.", Idempotent = true });
        Action<KeyInput, HeadOutput>(
            "head", (_, input, token) => new(Bucket.HeadAsync(input, token)), new() { Description = "Tells size, type, time and metadata of an object.", Idempotent = true });
        Action<PresignInput, PresignOutput>(
            "presign", (_, input, token) => new(Bucket.PresignAsync(input, token)),
            new() { Description = "Makes a link with which others get or put one object without credentials, for a time.", Idempotent = true });
        Action<DownloadInput, TransferOutput>(
            "download", (_, input, token) => new(Transfers.DownloadAsync(input, token)),
            new() { Description = "Writes an object of any size into a file below the setting 'directory'.", Idempotent = true, Timeout = _transferTimeout });
        Action<UploadInput, TransferOutput>(
            "upload", (_, input, token) => new(Transfers.UploadAsync(input, token)),
            new() { Description = "Writes a file of any size below the setting 'directory' into an object.", Idempotent = true, Timeout = _transferTimeout });
    }

    private Bucket Bucket => _bucket ?? throw new InvalidOperationException("The connector is not initialized.");

    private Transfers Transfers => _transfers ?? throw new InvalidOperationException("The connector is not initialized.");

    /// <inheritdoc />
    protected override ValueTask OnInitAsync(CancellationToken cancellationToken)
    {
        var settings = Context.GetSettings<S3Settings>();
        if (settings.Directory is { } directory)
        {
            JailDirectory.Make(directory);
        }

        _http = new(new NoRedirects(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            ConnectTimeout = _connectTimeout,
            PooledConnectionLifetime = _socketLifetime,
            UseCookies = false,
            UseProxy = false,
            ConnectCallback = (connection, token) => Context.Network.ConnectAsync(connection.DnsEndPoint.Host, connection.DnsEndPoint.Port, token),
        }))
        {
            Timeout = Timeout.InfiniteTimeSpan,
        };
        var client = S3Client.Create(Context, settings, _http);
        _bucket = new(client, settings, Context.TimeProvider, isAnonymous: Context.Credentials.Type == CredentialTypes.None);
        _transfers = new(client, settings, Context);
        return default;
    }

    /// <inheritdoc />
    protected override ValueTask<S3Session> OpenAsync(CancellationToken cancellationToken) => new(new S3Session());

    /// <inheritdoc />
    protected override async ValueTask<ConnectionHealth> CheckAsync(S3Session connection, CancellationToken cancellationToken)
    {
        try
        {
            await Bucket.CheckAsync(cancellationToken);
            return ConnectionHealth.Healthy;
        }
        catch (ConnectorException exception) when (exception.Kind is ConnectorErrorKind.Auth or ConnectorErrorKind.Rate)
        {
            // The server is there. Whoever may use objects need not be allowed to look at the bucket.
            return ConnectionHealth.Healthy;
        }
        catch (ConnectorException exception)
        {
            return ConnectionHealth.Unhealthy(exception.Message);
        }
    }

    /// <inheritdoc />
    protected override async ValueTask OnDestroyAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (_transfers is not null)
            {
                await _transfers.EndAsync(cancellationToken);
            }
        }
        finally
        {
            _bucket?.Dispose();
            _http?.Dispose();
        }
    }
}
