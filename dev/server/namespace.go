package server

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"
	persistencespb "go.temporal.io/server/api/persistence/v1"
	"go.temporal.io/server/common/persistence"
	"go.temporal.io/server/common/persistence/serialization"
	"go.temporal.io/server/common/persistence/sql/sqlplugin"
	"go.temporal.io/server/common/primitives"
	"go.temporal.io/server/common/searchattribute/sadefs"
	sqliteschema "go.temporal.io/server/schema/sqlite"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"
)

// writeNamespace makes the namespace, or changes it to what o asks for. It works on the database of a server that is
// not running, because a running one takes seconds to notice a change of search attributes.
func writeNamespace(ctx context.Context, db sqlplugin.DB, o Options) error {
	rows, err := db.SelectFromNamespace(ctx, sqlplugin.NamespaceFilter{Name: &o.Namespace})
	if err != nil && !notFound(err) {
		return fmt.Errorf("read namespace %q: %w", o.Namespace, err)
	}
	if len(rows) == 0 {
		return insertNamespace(ctx, db, o)
	}
	row := rows[0]
	detail, err := serialization.NewSerializer().NamespaceDetailFromBlob(persistence.NewDataBlob(row.Data, row.DataEncoding))
	if err != nil {
		return fmt.Errorf("read namespace %q: %w", o.Namespace, err)
	}
	blob, err := encodeNamespace(detail, o)
	if err != nil {
		return err
	}
	row.Data, row.DataEncoding = blob.GetData(), blob.GetEncodingType().String()
	if _, err := db.UpdateNamespace(ctx, &row); err != nil {
		return fmt.Errorf("update namespace %q: %w", o.Namespace, err)
	}
	return nil
}

func insertNamespace(ctx context.Context, db sqlplugin.DB, o Options) error {
	made, err := sqliteschema.NewNamespaceConfig(clusterName, o.Namespace, false, nil)
	if err != nil {
		return fmt.Errorf("describe namespace %q: %w", o.Namespace, err)
	}
	blob, err := encodeNamespace(made.Detail, o)
	if err != nil {
		return err
	}
	_, err = db.InsertIntoNamespace(ctx, &sqlplugin.NamespaceRow{
		ID:           primitives.MustParseUUID(made.Detail.GetInfo().GetId()),
		Name:         o.Namespace,
		Data:         blob.GetData(),
		DataEncoding: blob.GetEncodingType().String(),
	})
	if err != nil {
		return fmt.Errorf("make namespace %q: %w", o.Namespace, err)
	}
	return nil
}

func encodeNamespace(detail *persistencespb.NamespaceDetail, o Options) (*commonpb.DataBlob, error) {
	aliases, err := assignFields(detail.GetConfig().GetCustomSearchAttributeAliases(), o.SearchAttributes)
	if err != nil {
		return nil, err
	}
	detail.Config.CustomSearchAttributeAliases = aliases
	detail.Config.Retention = durationpb.New(o.Retention)
	return serialization.NewSerializer().NamespaceDetailToBlob(detail)
}

// assignFields gives each wanted attribute one of the database's ready-made columns of its type. What is assigned
// already stays where it is, because rows have been written with it, and what is no longer wanted stays too.
func assignFields(assigned map[string]string, wanted map[string]enumspb.IndexedValueType) (map[string]string, error) {
	columns := sadefs.GetDBIndexSearchAttributes(nil).GetCustomSearchAttributes()
	free := map[enumspb.IndexedValueType][]string{}
	total := map[enumspb.IndexedValueType]int{}
	for _, column := range slices.Sorted(maps.Keys(columns)) {
		total[columns[column]]++
		if _, taken := assigned[column]; !taken {
			free[columns[column]] = append(free[columns[column]], column)
		}
	}
	known := map[string]enumspb.IndexedValueType{}
	for column, name := range assigned {
		known[name] = columns[column]
	}

	result := map[string]string{}
	maps.Copy(result, assigned)
	for _, name := range slices.Sorted(maps.Keys(wanted)) {
		want := wanted[name]
		if have, ok := known[name]; ok {
			if have != want {
				return nil, fmt.Errorf("search attribute %s exists with type %s, not %s; move the data directory away to start afresh",
					name, have, want)
			}
			continue
		}
		if len(free[want]) == 0 {
			return nil, fmt.Errorf("no room for search attribute %s: there are %d of type %s", name, total[want], want)
		}
		result[free[want][0]] = name
		free[want] = free[want][1:]
	}
	return result, nil
}

// prepareNamespace waits until each service has answered for the namespace: the frontend, the owner of a history
// shard, and visibility with every search attribute.
func prepareNamespace(ctx context.Context, addr string, o Options) error {
	conn, err := grpc.NewClient(addr, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return fmt.Errorf("connect to the frontend: %w", err)
	}
	defer func() { _ = conn.Close() }()
	// Without it, a first attempt that comes too early costs a second of back-off.
	conn.Connect()
	frontend := workflowservice.NewWorkflowServiceClient(conn)

	return poll(ctx, func() error {
		ctx, cancel := context.WithTimeout(ctx, time.Second)
		defer cancel()
		if err := askHistory(ctx, frontend, o.Namespace); err != nil {
			return fmt.Errorf("history service: %w", err)
		}
		_, err := frontend.CountWorkflowExecutions(ctx, &workflowservice.CountWorkflowExecutionsRequest{
			Namespace: o.Namespace,
			Query:     anyAttributeSet(o.SearchAttributes),
		}, grpc.WaitForReady(true))
		if err != nil {
			return fmt.Errorf("visibility: %w", err)
		}
		return nil
	})
}

// askHistory asks for a workflow that does not exist; that it is not found only its shard can say.
func askHistory(ctx context.Context, frontend workflowservice.WorkflowServiceClient, namespace string) error {
	_, err := frontend.DescribeWorkflowExecution(ctx, &workflowservice.DescribeWorkflowExecutionRequest{
		Namespace: namespace,
		Execution: &commonpb.WorkflowExecution{WorkflowId: "embedded-server-ready"},
	}, grpc.WaitForReady(true))
	if status.Code(err) == codes.NotFound {
		return nil
	}
	return err
}

func anyAttributeSet(attributes map[string]enumspb.IndexedValueType) string {
	var terms []string
	for _, name := range slices.Sorted(maps.Keys(attributes)) {
		terms = append(terms, "`"+name+"` IS NOT NULL")
	}
	return strings.Join(terms, " OR ")
}
